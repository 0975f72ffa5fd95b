% SPDX-License-Identifier: Apache-2.0

function objects = overfeat_detect (picture, varargin)
% OBJECTS = overfeat_detect (PICTURE)
% OBJECTS = overfeat_detect (PICTURE, NAME, VALUE, ...)
%
% The objects in a picture, best first.
%
% PICTURE is an array (rows, columns, 3) of uint8 in the order red, green, blue, or (rows, columns) for
% grey, as imread gives them.
%
% OBJECTS is a column of structs with the fields
%   label, id, index  of the class, as of overfeat_classify
%   score       0 to 1: how often such an object is right
%   confidence  accumulated by the votes; not bounded by 1
%   votes       windows that agree
%   box         [x, y, width, height] in pixels from the picture's upper left corner, where the middle of the
%               first pixel is (0.5, 0.5); image draws that one at (1, 1), so draw
%               rectangle ('Position', box + [0.5, 0.5, 0, 0])
%
% Options:
%   'threshold'    least score, 0 to 1
%   'max_objects'  at most so many
%   'merge'        how boxes become objects: 'vote', 'nms' or 'soft-nms'
%   'scales', 'smallest', 'largest', 'fine_steps', 'flip'  as of overfeat_classify
%   'model', 'device', 'threads'  as of overfeat_features
%
% Example:
%   picture = imread ('street.jpg');
%   image (picture);
%   for object = overfeat_detect (picture)'
%     rectangle ('Position', object.box + [0.5, 0.5, 0, 0]);
%   end
%
% See also: overfeat_classify, overfeat_features, overfeat_close

  if nargin < 1
    error ('overfeat:usage', 'overfeat_detect wants a picture; see help overfeat_detect.');
  end
  options = overfeat_options ({'threshold', 'max_objects', 'merge', 'scales', 'smallest', 'largest', ...
                               'fine_steps', 'flip', 'model', 'device', 'threads'}, varargin);
  objects = overfeat_mex ('detect', picture, options);
end

%!shared picture
%! [x, y] = meshgrid (0:319, 0:239);
%! picture = uint8 (cat (3, 90 + x / 6 + y / 8, 110 + x / 6, 130 + y / 8));
%! picture(61:156, 61:156, 1) = 240;
%!test
%! objects = overfeat_detect (picture, 'threshold', 0, 'threads', 1);
%! assert (numel (objects) > 0);
%! assert (fieldnames (objects), {'label'; 'id'; 'index'; 'score'; 'confidence'; 'votes'; 'box'});
%! assert (issorted (-[objects.score]));
%! assert (size (objects(1).box), [1, 4]);
%! assert (objects(1).box(3) > 0);
%!test # fewer
%! assert (numel (overfeat_detect (picture, 'threshold', 0, 'max_objects', 1)), 1);
%! assert (numel (overfeat_detect (picture, 'threshold', 1)), 0);
%!error <vote, nms, soft-nms> overfeat_detect (picture, 'merge', 'tea')
%!error <threshold|score> overfeat_detect (picture, 'threshold', 7)
