"""Five bodies in each other's gravity: attributes of objects in a list, updated in place."""

import sys
from math import sqrt


class Body:
    __slots__ = ("mass", "vx", "vy", "vz", "x", "y", "z")

    def __init__(self, x: float, y: float, z: float, vx: float, vy: float, vz: float, mass: float) -> None:
        self.x = x
        self.y = y
        self.z = z
        self.vx = vx
        self.vy = vy
        self.vz = vz
        self.mass = mass


def solar_system() -> list[Body]:
    return [
        Body(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 39.5),
        Body(4.84, -1.16, -0.1, 0.6, 2.81, -0.02, 0.037),
        Body(8.34, 4.12, -0.4, -1.01, 1.82, 0.008, 0.011),
        Body(12.89, -15.11, -0.22, 1.08, 0.86, -0.01, 0.0017),
        Body(15.37, -25.91, 0.17, 0.97, 0.59, -0.034, 0.002),
    ]


def simulate(initial: list[Body], steps: int, dt: float) -> list[Body]:
    bodies = initial
    for _step in range(steps):
        for i in range(5):
            for j in range(i + 1, 5):
                dx = bodies[i].x - bodies[j].x
                dy = bodies[i].y - bodies[j].y
                dz = bodies[i].z - bodies[j].z
                squared = dx * dx + dy * dy + dz * dz
                magnitude = dt / (squared * sqrt(squared))
                here = bodies[i].mass * magnitude
                there = bodies[j].mass * magnitude
                bodies[i].vx -= dx * there
                bodies[i].vy -= dy * there
                bodies[i].vz -= dz * there
                bodies[j].vx += dx * here
                bodies[j].vy += dy * here
                bodies[j].vz += dz * here
        for i in range(5):
            bodies[i].x += dt * bodies[i].vx
            bodies[i].y += dt * bodies[i].vy
            bodies[i].z += dt * bodies[i].vz
    return bodies


def main() -> None:
    size = int(sys.argv[1] if len(sys.argv) > 1 else "60000")
    bodies = simulate(solar_system(), size, 0.01)
    total = 0.0
    for body in bodies:
        total += body.x + body.y + body.z
    print(f"positions {round(total * 1000000.0)}")


main()
