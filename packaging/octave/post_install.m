% SPDX-License-Identifier: Apache-2.0
%
% Called by `pkg install`. A compiled function has the help of the .m file beside it, and compiled functions
% have a folder of their own: the file goes there, because on the path itself it would take their place.
function post_install (desc)
  place = fullfile (desc.dir, 'mex');
  package = [desc.name, '-', desc.version];
  compiled = [glob(fullfile (desc.dir, '*', 'overfeat_mex.mex'));
              glob(fullfile (desc.archprefix, '*', 'overfeat_mex.mex'));
              glob(fullfile (desc.archprefix, package, '*', 'overfeat_mex.mex'))];
  for i = 1:numel (compiled)
    movefile (fullfile (place, 'overfeat_mex.m'), fileparts (compiled{i}));
    break;
  end
  confirm_recursive_rmdir (false, 'local');
  rmdir (place, 's');
end
