// SPDX-License-Identifier: Apache-2.0
// A table seen by a camera that wanders along it; `clock` runs from 0 to 1 on its way.
// render.sh beside this file makes the clip.
#version 3.7;
global_settings { assumed_gamma 1.0 }
#include "objects.inc"

background { srgb <0.80, 0.80, 0.78> }
// The cloth is plain on purpose, and things stand apart: a network has to tell them from one another.
plane { y, 0
  pigment { srgb <0.36, 0.42, 0.45> }
  finish { ambient 0 diffuse 0.8 } }

light_source { <-50, 120, -60> rgb 0.95 area_light <22, 0, 0>, <0, 0, 22>, 3, 3 adaptive 0 jitter }
light_source { <90, 70, -60> rgb 0.35 shadowless }
light_source { <0, 60, -120> rgb 0.25 shadowless }

object { Teapot           scale 0.85 rotate y * 15  translate <-18, 0, 18> }
object { Compass          scale 0.85 rotate y * -15 translate <-14, 0, -11.5> }
object { Cup              scale 1.25 rotate y * -10 translate <18, 0, 25> }
object { Hourglass        scale 0.7  rotate y * 20  translate <12, 0, -14> }
object { Bucket           scale 1.05                translate <45, 0, 24> }
object { Orange_With_Leaf scale 1.25 rotate y * -20 translate <39.5, 0, -11> }

#declare At = -2 + 29.5 * (1 - cos(pi * clock)) / 2;
camera {
  location <At, 37, -56>
  look_at <At, 5, 2>
  angle 44 right x * 4 / 3
}
