% SPDX-License-Identifier: Apache-2.0

function [answers, scores] = overfeat_classify (picture, varargin)
% ANSWERS = overfeat_classify (PICTURE)
% [ANSWERS, SCORES] = overfeat_classify (PICTURE, NAME, VALUE, ...)
%
% What is in a picture, best first.
%
% PICTURE is an array (rows, columns, 3) of uint8 in the order red, green, blue, or (rows, columns) for
% grey, as imread gives them.
%
% ANSWERS is a column of structs with the fields
%   label  what the class is called
%   id     WordNet's number, or ''
%   index  which of the network's classes, from 1 on
%   score  0 to 1: how sure the views are, together, that it is there
% SCORES has one single for each class, (classes, 1).
%
% Options:
%   'top'      how many answers; 5 if it is left out
%   'views'    'dense', every window at several scales; 'centre', one window in the middle; 'ten', corners
%              and middle with their mirror images
%   'scales'   dense: how many sizes of the picture, 1 to 16
%   'smallest', 'largest'  the shorter side of the smallest and of the largest, in windows
%   'fine_steps'  strided layers that run at stride 1; 0 = coarse
%   'flip'     1: the mirror image as well
%   'model', 'device', 'threads'  as of overfeat_features
%
% Example:
%   for answer = overfeat_classify (imread ('cat.jpg'))'
%     printf ('%5.3f %s\n', answer.score, answer.label);
%   end
%
% See also: overfeat_features, overfeat_detect, overfeat_close

  if nargin < 1
    error ('overfeat:usage', 'overfeat_classify wants a picture; see help overfeat_classify.');
  end
  options = overfeat_options ({'top', 'views', 'scales', 'smallest', 'largest', 'fine_steps', 'flip', ...
                               'model', 'device', 'threads'}, varargin);
  if nargout < 2
    answers = overfeat_mex ('classify', picture, options);
  else
    [answers, scores] = overfeat_mex ('classify', picture, options);
  end
end

%!shared picture
%! [x, y] = meshgrid (0:319, 0:239);
%! picture = uint8 (cat (3, 90 + x / 6 + y / 8, 110 + x / 6, 130 + y / 8));
%! picture(61:156, 61:156, 1) = 240;
%!test
%! [answers, scores] = overfeat_classify (picture, 'top', 3, 'threads', 1);
%! assert (size (answers), [3, 1]);
%! assert (fieldnames (answers), {'label'; 'id'; 'index'; 'score'});
%! assert (class (scores), 'single');
%! assert (numel (scores) >= 200);
%! assert (all (scores >= 0 & scores <= 1));
%! assert (answers(1).score, double (scores(answers(1).index)));
%! assert (answers(1).score >= answers(2).score && answers(2).score >= answers(3).score);
%!test # other views are other scores
%! [~, dense] = overfeat_classify (picture, 'threads', 1);
%! [~, centre] = overfeat_classify (picture, 'views', 'centre', 'threads', 1);
%! assert (any (dense ~= centre));
%!test
%! assert (numel (overfeat_classify (picture, 'views', 'centre')), 5);
%! assert (numel (overfeat_classify (picture, 'views', 'centre', 'top', 0)), 0);
%!error <centre, ten, dense> overfeat_classify (picture, 'views', 'tea')
%!error <scales> overfeat_classify (picture, 'scales', 99)
%!error <uint8> overfeat_classify ('cat.jpg')
%!error <top> overfeat_classify (picture, 'top', -1)
%!error <one number> overfeat_classify (picture, 'top', [1, 2])
