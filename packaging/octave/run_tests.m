% SPDX-License-Identifier: Apache-2.0
%
% Runs the tests that stand in the functions of the installed package, and looks for their help.
pkg load overfeat
names = {'overfeat_classify', 'overfeat_close', 'overfeat_detect', 'overfeat_features', 'overfeat_mex'};
for i = 1:numel (names)
  text = help (names{i});
  if isempty (strfind (text, 'See also'))
    error ('%s has no help: %s', names{i}, text);
  end
  if strcmp (names{i}, 'overfeat_mex')
    continue; % compiled, and tested by the others
  end
  [passed, all] = test (names{i}, 'quiet');
  printf ('%s: %d of %d tests passed\n', names{i}, passed, all);
  if passed ~= all || all == 0
    error ('%s failed.', names{i});
  end
end
