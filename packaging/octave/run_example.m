% SPDX-License-Identifier: Apache-2.0
%
% Runs the example of README.md as it stands there.
text = fileread (fullfile (fileparts (mfilename ('fullpath')), 'README.md'));
example = regexp (text, '```octave\n(.*?)```', 'tokens');
if numel (example) ~= 1
  error ('There is not one example but %d.', numel (example));
end
eval (example{1}{1});
if ~exist ('place', 'var')
  error ('The example did not come to its end.');
end
