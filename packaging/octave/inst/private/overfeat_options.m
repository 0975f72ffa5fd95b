% SPDX-License-Identifier: Apache-2.0
%
% options = overfeat_options (known, pairs): the pairs of names and values as a struct. A name that is not
% among the known ones is an error. The model becomes the name of its file.
function options = overfeat_options (known, pairs)
  if mod (numel (pairs), 2) ~= 0
    error ('overfeat:usage', 'Options are pairs of a name and a value.');
  end
  options = struct ('model', 'default');
  for i = 1:2:numel (pairs)
    name = pairs{i};
    if ~ischar (name) || ~any (strcmp (name, known))
      if ~ischar (name)
        name = class (name);
      end
      error ('overfeat:usage', 'There is no option ''%s''; there are %s.', name, ...
             strjoin (known, ', '));
    end
    options.(name) = pairs{i + 1};
  end
  options.model = model_file (options.model);
end

% "default" is the model of this package, a name one that `overfeat models fetch` brought, all else a file.
function file = model_file (name)
  if ~ischar (name)
    error ('overfeat:usage', 'The model is a name or a file; this is none.');
  end
  own = fullfile (fileparts (fileparts (mfilename ('fullpath'))), 'models');
  file = name;
  if strcmp (name, 'default')
    file = fullfile (own, 'default.onnx');
  elseif ~any (name == '/') && isempty (regexp (name, '\.onnx$', 'once'))
    data = getenv ('XDG_DATA_HOME');
    if isempty (data)
      data = fullfile (getenv ('HOME'), '.local', 'share');
    end
    fetched = fullfile (data, 'overfeat-live', 'models', [name, '.onnx']);
    if exist (fetched, 'file') ~= 2
      error ('overfeat:usage', ['There is no model ''%s'': ''overfeat models fetch'' brings others, ', ...
             'and a file is named with its ''.onnx''.'], name);
    end
    file = fetched;
  end
end
