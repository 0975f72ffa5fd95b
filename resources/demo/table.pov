// SPDX-License-Identifier: Apache-2.0
// The picture table.png: bananas and an orange on a wooden table.
//   povray +Itable.pov +W640 +H480 +A0.3 -D
#version 3.7;
global_settings { assumed_gamma 1.0 }
#include "objects.inc"

background { srgb <0.80, 0.80, 0.78> }
// The wall and the table are plain on purpose: the network has to tell them from things.
plane { z, 90
  pigment { gradient y color_map { [0 srgb <0.66, 0.68, 0.68>] [1 srgb <0.84, 0.84, 0.82>] } scale 90 }
  finish { ambient 0.05 diffuse 0.75 } }
plane { y, 0
  pigment { wood turbulence 0.04 color_map {
      [0 srgb <0.55, 0.38, 0.24>] [0.6 srgb <0.62, 0.45, 0.29>] [1 srgb <0.50, 0.34, 0.21>] }
    rotate y * 88 scale <1, 1, 3> * 2.2 translate <4, 0, 60> rotate x * 4 }
  finish { ambient 0 diffuse 0.8 specular 0.08 roughness 0.1 } }

light_source { <-70, 110, -70> rgb 1.0 area_light <24, 0, 0>, <0, 0, 24>, 4, 4 jitter adaptive 1 }
light_source { <90, 70, -60> rgb 0.45 shadowless }
light_source { <0, 60, -120> rgb 0.25 shadowless }

object { Banana      rotate y * 12             translate <-66, 0, 2> }
object { Orange      scale 1.25                translate <-40, 0, -4> }

#declare Way = 12 / 167;
#declare Ease = (1 - cos(pi * Way)) / 2;
#declare At = -60 + 140 * Ease;
camera {
  location <At - 5 * sin(2 * pi * Way), 34 + 3 * sin(4 * pi * Way), -46>
  look_at <At, 4.5, 0>
  angle 44 right x * 4 / 3
}
