% SPDX-License-Identifier: Apache-2.0

function overfeat_mex ()
% RESULT = overfeat_mex (WHAT, PICTURE, OPTIONS)
% overfeat_mex ('close')
%
% What overfeat_classify, overfeat_detect, overfeat_features and overfeat_close are made of: the compiled
% function that carries pictures to liboverfeat and answers back. Call those: they check what they are given,
% and this one may change with every version.
%
% WHAT is 'classify', 'detect', 'features' or 'close', PICTURE an array or a cell array of them, and OPTIONS
% the struct of all options of that function.
%
% See also: overfeat_classify, overfeat_detect, overfeat_features, overfeat_close
  error ('overfeat:runtime', 'overfeat_mex is not compiled; install the package with pkg install.');
end
