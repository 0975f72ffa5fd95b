% SPDX-License-Identifier: Apache-2.0

function overfeat_close ()
% overfeat_close ()
%
% Closes the networks that are open; the next call opens its own again.
%
% See also: overfeat_features, overfeat_classify, overfeat_detect

  overfeat_mex ('close');
end

%!test
%! picture = repmat (uint8 (100), [80, 80, 3]);
%! before = overfeat_features (picture, '', 'threads', 1);
%! overfeat_close ();
%! overfeat_close ();
%! assert (overfeat_features (picture, '', 'threads', 1), before);
