"""Shaders of live Gaussians, in GLSL 3.30: what each is in the picture, a quad for it, their sums over a background.

The footprints are computed once for each Gaussian, by a pixel each of a first pass, not for each corner of its quad.

What is computed for a splat follows `Splatting` and `GaussianValues` of `engines.core.scene_abilities`. A quad is a
parallelogram about the ellipse where the splat ends. With dx, dy from its centre to the middle of a pixel its alpha
there is opacity * exp(-q / 2), with q by the factors of Cholesky, which keep the digits of needles:

    q = (sloped * (dx - slant * dy))^2 + (upright * dy)^2

Rows of pictures begin at OpenGL's lower edge, so that they are read in the order in which arrays have them. All text is
ASCII: VisPy hands on as many bytes of it as there are letters.
"""

from __future__ import annotations

GEOMETRY_TEXELS = 4
"""Of a splat, of 4 numbers each: centre and opacity; each own axis, and a colour's constant."""

FOOTPRINTS = """
#version 330 core
uniform usampler2D numbers;
uniform sampler2D geometry, harmonics;
uniform int in_row, groups;
uniform vec3 right_axis, down_axis, forward_axis, place;
uniform vec2 focal, centre, size, least, most;
uniform float near, dilation, least_alpha, least_share;
uniform bool antialiased;
layout(location = 0) out vec4 shape;
layout(location = 1) out vec4 paint;
layout(location = 2) out vec4 middle;

// Four terms of the harmonics after the constant, of three colours.
vec3 summed(ivec2 at, int group, vec4 terms) {
    ivec2 begin = ivec2(3 * (at.x * groups + group), at.y);
    return vec3(dot(terms, texelFetch(harmonics, begin, 0)), dot(terms, texelFetch(harmonics, begin + ivec2(1, 0), 0)),
                dot(terms, texelFetch(harmonics, begin + ivec2(2, 0), 0)));
}

vec3 directed(ivec2 at, vec3 d) {
    float x = d.x, y = d.y, z = d.z, xx = d.x * d.x, yy = d.y * d.y, zz = d.z * d.z;
    vec3 colour = vec3(0.0);
    if (groups > 0)
        colour += summed(at, 0, vec4(-0.4886025119029199 * y, 0.4886025119029199 * z, -0.4886025119029199 * x,
                                     1.0925484305920792 * x * y));
    if (groups > 1)
        colour += summed(at, 1, vec4(-1.0925484305920792 * y * z, 0.31539156525252005 * (3.0 * zz - 1.0),
                                     -1.0925484305920792 * x * z, 0.5462742152960396 * (xx - yy)));
    if (groups > 2)
        colour += summed(at, 2, vec4(-0.5900435899266435 * y * (3.0 * xx - yy), 2.890611442640554 * x * y * z,
                                     -0.4570457994644658 * y * (5.0 * zz - 1.0),
                                     0.3731763325901154 * z * (5.0 * zz - 3.0)));
    if (groups > 3)
        colour += summed(at, 3, vec4(-0.4570457994644658 * x * (5.0 * zz - 1.0), 1.445305721320277 * z * (xx - yy),
                                     -0.5900435899266435 * x * (xx - 3.0 * yy),
                                     2.5033429417967046 * x * y * (xx - yy)));
    if (groups > 4)
        colour += summed(at, 4, vec4(-1.7701307697799304 * y * z * (3.0 * xx - yy),
                                     0.9461746957575601 * x * y * (7.0 * zz - 1.0),
                                     -0.6690465435572892 * y * z * (7.0 * zz - 3.0),
                                     0.10578554691520431 * (zz * (35.0 * zz - 30.0) + 3.0)));
    if (groups > 5)
        colour += summed(at, 5, vec4(-0.6690465435572892 * x * z * (7.0 * zz - 3.0),
                                     0.47308734787878004 * (xx - yy) * (7.0 * zz - 1.0),
                                     -1.7701307697799304 * x * z * (xx - 3.0 * yy),
                                     0.6258357354491761 * (xx * (xx - 3.0 * yy) - yy * (3.0 * xx - yy))));
    return colour;
}

void main() {
    // Nothing is seen of it, until it is known to be.
    shape = vec4(1.0, 0.0, 1.0, -1.0);
    paint = middle = vec4(0.0);
    int number = int(texelFetch(numbers, ivec2(gl_FragCoord.xy), 0).r);
    ivec2 at = ivec2(number % in_row, number / in_row);
    vec4 first = texelFetch(geometry, ivec2(4 * at.x, at.y), 0);
    vec3 away = first.xyz - place;
    float depth = dot(forward_axis, away), opacity = first.w;
    if (!(depth > near && opacity >= least_alpha)) return;
    vec4 a = texelFetch(geometry, ivec2(4 * at.x + 1, at.y), 0), b = texelFetch(geometry, ivec2(4 * at.x + 2, at.y), 0),
         c = texelFetch(geometry, ivec2(4 * at.x + 3, at.y), 0);
    vec2 tangents = vec2(dot(right_axis, away), dot(down_axis, away)) / depth, bent = clamp(tangents, least, most);
    // Rows of the perspective's derivative, times the turn into the camera.
    vec3 right = focal.x / depth * (right_axis - bent.x * forward_axis);
    vec3 down = focal.y / depth * (down_axis - bent.y * forward_axis);
    vec3 xs = vec3(dot(right, a.xyz), dot(right, b.xyz), dot(right, c.xyz));
    vec3 ys = vec3(dot(down, a.xyz), dot(down, b.xyz), dot(down, c.xyz));
    // By Cauchy and Binet: a sum of squares, where xx * yy - xy^2 would lose the digits of needles.
    vec3 minors = cross(xs, ys);
    float xx = dot(xs, xs), xy = dot(xs, ys), yy = dot(ys, ys), area = dot(minors, minors);
    float dilated = area + dilation * (xx + yy) + dilation * dilation;
    if (antialiased) opacity *= sqrt(max(least_share, area / dilated));
    float reach = 2.0 * log(opacity / least_alpha);
    yy += dilation;
    if (!(reach >= 0.0) || isinf(dilated)) return;
    shape = vec4(sqrt(yy / dilated), xy / yy, inversesqrt(yy), reach);
    middle.xy = focal * tangents + centre;
    vec3 colour = 0.5 + 0.28209479177387814 * vec3(a.w, b.w, c.w) + directed(at, normalize(away));
    paint = vec4(max(vec3(0.0), colour), opacity);
}
"""

QUADS = """
#version 330 core
uniform sampler2D shapes, paints, middles;
uniform int in_row;
uniform vec2 size;
flat out vec2 middle;
flat out vec4 shape, paint;

void main() {
    ivec2 at = ivec2(gl_InstanceID % in_row, gl_InstanceID / in_row);
    shape = texelFetch(shapes, at, 0);
    paint = texelFetch(paints, at, 0);
    middle = texelFetch(middles, at, 0).xy;
    // Beside the picture where nothing is seen of it.
    gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
    if (shape.w < 0.0) return;
    // A little larger, as corners are rounded to parts of a pixel.
    vec2 corner = (sqrt(shape.w) * 1.01 + 0.02) * vec2(ivec2(gl_VertexID & 1, gl_VertexID >> 1) * 2 - 1);
    float dy = corner.y / shape.z, dx = shape.y * dy + corner.x / shape.x;
    gl_Position = vec4(2.0 * (middle + vec2(dx, dy)) / size - 1.0, 0.0, 1.0);
}
"""

ALPHAS = """
#version 330 core
uniform float most_alpha;
flat in vec2 middle;
flat in vec4 shape, paint;
out vec4 result;

void main() {
    vec2 d = gl_FragCoord.xy - middle;
    float sideways = shape.x * (d.x - shape.y * d.y), along = shape.z * d.y, q = sideways * sideways + along * along;
    if (!(q <= shape.w)) discard;
    float alpha = min(most_alpha, paint.w * exp(-0.5 * q));
    result = vec4(alpha * paint.rgb, alpha);
}
"""

WHOLE = """
#version 330 core
void main() {
    gl_Position = vec4(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0, 0.0, 1.0);
}
"""

OVER = """
#version 330 core
uniform sampler2D sums, backdrop;
uniform bool is_over;
out vec4 result;

void main() {
    ivec2 at = ivec2(gl_FragCoord.xy);
    vec4 sum = texelFetch(sums, at, 0);
    vec3 behind = is_over ? texelFetch(backdrop, at, 0).rgb : vec3(0.0);
    result = vec4(sum.rgb + (1.0 - clamp(sum.a, 0.0, 1.0)) * behind, 1.0);
}
"""
