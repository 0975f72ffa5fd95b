% SPDX-License-Identifier: Apache-2.0
%
% The probe in Octave (probe.h): octave-cli probe_in_octave.m WHAT MODEL FOLDER [OUT].
function picture = read (folder, number)
  file = fopen (fullfile (folder, sprintf ('%d.ppm', number)));
  fgetl (file);
  size = sscanf (fgetl (file), '%d %d');
  fgetl (file);
  bytes = fread (file, 3 * prod (size), 'uint8=>uint8');
  fclose (file);
  picture = permute (reshape (bytes, 3, size(1), size(2)), [3, 2, 1]);
end

% The next number; 0 = no more.
function count = asked ()
  line = '';
  while ischar (line) && isempty (strtrim (line))
    line = fgetl (stdin);
  end
  count = 0;
  if ischar (line)
    count = str2double (line);
  end
end

function same (model, folder, to)
  out = fopen (to, 'w');
  for number = 0:9
    picture = read (folder, number);
    features = overfeat_features (picture, '', 'model', model, 'threads', 1);
    [~, scores] = overfeat_classify (picture, 'model', model, 'threads', 1);
    objects = overfeat_detect (picture, 'model', model, 'threads', 1, 'threshold', 0);
    fwrite (out, [numel(features); double(features(:))], 'double');
    fwrite (out, [numel(scores); double(scores(:))], 'double');
    fwrite (out, numel (objects), 'double');
    for object = objects'
      fwrite (out, [object.index - 1; object.score; object.confidence; object.votes; object.box(:)], ...
              'double');
    end
  end
  fclose (out);
end

function speed (model, folder)
  picture = read (folder, 0);
  overfeat_features (picture, '', 'model', model, 'threads', 1);
  while ((count = asked ()))
    clock = tic ();
    for i = 1:count
      overfeat_features (picture, '', 'model', model, 'threads', 1);
    end
    printf ('%.9f\n', toc (clock));
    fflush (stdout);
  end
end

function cycles (model, folder)
  picture = read (folder, 0);
  while ((count = asked ()))
    for i = 1:count
      overfeat_features (picture, '', 'model', model, 'threads', 1);
      overfeat_classify (picture, 'model', model, 'threads', 1, 'views', 'centre');
      overfeat_close ();
    end
    printf ('0\n');
    fflush (stdout);
  end
end

pkg load overfeat
arguments = argv ();
feval (arguments{1}, arguments{2:end});
