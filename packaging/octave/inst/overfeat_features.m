% SPDX-License-Identifier: Apache-2.0

function features = overfeat_features (picture, layer, varargin)
% FEATURES = overfeat_features (PICTURE)
% FEATURES = overfeat_features (PICTURE, LAYER)
% FEATURES = overfeat_features (PICTURES, LAYER, NAME, VALUE, ...)
%
% What a layer of a network says of the centre view of a picture.
%
% PICTURE is an array (rows, columns, 3) of uint8 in the order red, green, blue, or (rows, columns) for
% grey, as imread gives them; PICTURES is a cell array of such, of any sizes.
% LAYER is the name of any value of the network's ONNX graph ('overfeat features --layer list' lists
% them); '' or nothing is the embedding.
%
% FEATURES is single. Of a layer that is a vector it has a row for each picture: (pictures, numbers). Of
% a layer that is a map it is (rows, columns, channels, pictures).
%
% Options:
%   'model'    'default' (200 classes, comes with this package), the name of a model that
%              'overfeat models fetch' brought, or an ONNX file
%   'device'   'auto', 'cpu' or another device of 'overfeat devices'
%   'threads'  to compute with; 0 = as many as this process may use
%
% The four networks that were used last stay open; overfeat_close closes them.
%
% Example:
%   picture = imread ('cat.jpg');
%   embedding = overfeat_features (picture);
%
% See also: overfeat_classify, overfeat_detect, overfeat_close

  if nargin < 1
    error ('overfeat:usage', 'overfeat_features wants a picture; see help overfeat_features.');
  end
  if nargin < 2
    layer = '';
  end
  options = overfeat_options ({'model', 'device', 'threads'}, varargin);
  options.layer = layer;
  features = overfeat_mex ('features', picture, options);
end

%!shared picture
%! [x, y] = meshgrid (0:319, 0:239);
%! picture = uint8 (cat (3, 90 + x / 6 + y / 8, 110 + x / 6, 130 + y / 8));
%! picture(61:156, 61:156, 1) = 240;
%!test
%! f = overfeat_features (picture, '', 'threads', 1);
%! assert (class (f), 'single');
%! assert (rows (f), 1);
%! assert (columns (f) > 50);
%! assert (any (f ~= 0));
%!test # several pictures, of any size, are their rows
%! small = picture(1:100, 21:200, :);
%! f = overfeat_features ({picture, small}, '', 'threads', 1);
%! assert (f(1,:), overfeat_features (picture, '', 'threads', 1));
%! assert (f(2,:), overfeat_features (small, '', 'threads', 1));
%!test # grey is that grey in every colour
%! grey = picture(:,:,1);
%! assert (overfeat_features (grey), overfeat_features (cat (3, grey, grey, grey)));
%!test # none of none
%! assert (rows (overfeat_features ({})), 0);
%!error <uint8> overfeat_features (double (picture))
%!error <uint8> overfeat_features (picture(:,:,1:2))
%!error <uint8> overfeat_features ({picture, 'tea'})
%!error <pixels> overfeat_features (zeros (0, 3, 3, 'uint8'))
%!error <pixels> overfeat_features (zeros (3, 0, 3, 'uint8'))
%!error <tea> overfeat_features (picture, 'tea')
%!error <no option 'tea'> overfeat_features (picture, '', 'tea', 1)
%!error <no model 'tea'> overfeat_features (picture, '', 'model', 'tea')
%!error <nowhere.onnx> overfeat_features (picture, '', 'model', '/tmp/nowhere.onnx')
%!error <threads> overfeat_features (picture, '', 'threads', -1)
%!error <whole number> overfeat_features (picture, '', 'threads', 1.5)
%!error <pairs> overfeat_features (picture, '', 'threads')
%!error <wants a picture> overfeat_features ()
