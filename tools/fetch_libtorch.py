"""Downloads the torch wheel with pip and unpacks the C++ library that is inside.

usage: fetch_libtorch.py VERSION DIRECTORY   (writes DIRECTORY/libtorch)
"""

import base64
import csv
import hashlib
import io
import os
import platform
import re
import shutil
import subprocess
import sys
import zipfile

# The wheel holds a Python module beside the library; the library is the same for every Python.
PYTHONS = ["3.12", "3.11", "3.13", "3.10", "3.14"]

# libtorch_cpu of a CUDA build links to these two even when no GPU is used.
CUDA_ALWAYS = ["nvidia-cuda-runtime==13.0.96", "nvidia-cuda-cupti==13.0.85"]
# What libtorch_cuda links to or loads, at the versions that torch 2.13.0 asks for.
CUDA_FULL = [
    "nvidia-cublas==13.1.1.3",
    "nvidia-cuda-nvrtc==13.0.88",
    "nvidia-cudnn-cu13==9.20.0.48",
    "nvidia-cufft==12.0.0.61",
    "nvidia-cufile==1.15.1.6",
    "nvidia-curand==10.4.0.35",
    "nvidia-cusolver==12.0.4.66",
    "nvidia-cusparse==12.6.3.3",
    "nvidia-cusparselt-cu13==0.8.1",
    "nvidia-nccl-cu13==2.29.7",
    "nvidia-nvjitlink==13.0.88",
    "nvidia-nvshmem-cu13==3.4.5",
]

UNUSED = re.compile(r"python|libshm|_test\b|aoti_custom_ops|global_deps|backend_with_compiler|\.a$")
CUDA_ONLY = re.compile(r"cuda|nvrtc|nvshmem")


def fail(reason):
    sys.exit(f"libtorch: {reason}")


def pip_download(requirement, folder, options=()):
    """Returns the wheel that pip downloaded and None, or None and pip's reason."""
    os.makedirs(folder, exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
               "--only-binary=:all:", "--dest", folder, *options, requirement]
    done = subprocess.run(command, stderr=subprocess.PIPE, universal_newlines=True)
    wheels = [name for name in os.listdir(folder) if name.endswith(".whl")]
    if done.returncode == 0 and len(wheels) == 1:
        return os.path.join(folder, wheels[0]), None
    lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR:")]
    return None, lines[-1] if lines else f"pip ended with status {done.returncode}"


def download_torch(version, folder, cuda):
    """Downloads the smallest wheel that serves, for whichever Python has one."""
    system = f"manylinux_2_28_{platform.machine()}"
    own = "{}.{}".format(*sys.version_info[:2])
    choices = [()] + [
        ("--python-version", python, "--implementation", "cp",
         "--abi", "cp" + python.replace(".", ""), "--platform", system)
        for python in PYTHONS if python != own
    ]
    # '===' keeps pip from taking a +cpu build for the plain version.
    requirements = [f"torch==={version}"] if cuda else [f"torch=={version}+cpu", f"torch=={version}"]
    reason = None
    for requirement in requirements:
        print(f"libtorch: asking pip for {requirement}", flush=True)
        for options in choices:
            wheel, reason = pip_download(requirement, folder, options)
            if wheel:
                print(f"libtorch: got {os.path.basename(wheel)}", flush=True)
                return wheel
    fail(f"pip found no torch {version} for {system} ({reason}); check the network and pip's "
         "index, or set LIBTORCH to a libtorch")


def recorded_hashes(archive):
    """Returns the sha256 that the wheel's RECORD gives for each file."""
    name = next((n for n in archive.namelist() if n.endswith(".dist-info/RECORD")), None)
    if name is None:
        fail("the wheel has no RECORD")
    rows = csv.reader(io.StringIO(archive.read(name).decode()))
    return {row[0]: row[1] for row in rows if row[1].startswith("sha256=")}


def unpack(archive, name, target, expected):
    """Writes one file of the wheel and compares it with its recorded hash."""
    os.makedirs(os.path.dirname(target), exist_ok=True)
    digest = hashlib.sha256()
    try:
        with archive.open(name) as source, open(target, "wb") as output:
            for block in iter(lambda: source.read(1 << 20), b""):
                digest.update(block)
                output.write(block)
    except zipfile.BadZipFile as error:
        fail(f"the wheel is damaged: {error}")
    found = "sha256=" + base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()
    if found != expected:
        fail(f"{name} does not have its recorded checksum: expected {expected}, got {found}")


def unpack_torch(wheel, root, cuda):
    """Unpacks libraries and headers; returns whether the wheel is a CUDA build."""
    verified = 0
    with zipfile.ZipFile(wheel) as archive:
        hashes = recorded_hashes(archive)
        names = [name for name in archive.namelist() if not name.endswith("/")]
        is_cuda = "torch/lib/libtorch_cuda.so" in names
        for name in names:
            library = name.startswith("torch/lib/")
            if not (library or name.startswith("torch/include/") or name == "torch/version.py"):
                continue
            if library and UNUSED.search(name):
                continue
            if library and is_cuda and not cuda and CUDA_ONLY.search(name):
                continue
            if name not in hashes:
                fail(f"{name} is not in the wheel's RECORD")
            unpack(archive, name, os.path.join(root, name[len("torch/"):]), hashes[name])
            verified += 1
    for library in ["libtorch.so", "libtorch_cpu.so", "libc10.so"]:
        if not os.path.isfile(os.path.join(root, "lib", library)):
            fail(f"{os.path.basename(wheel)} has no {library}")
    print(f"libtorch: {verified} files agree with the wheel's checksums", flush=True)
    return is_cuda


def add_nvidia(requirements, root, folder):
    """Puts the NVIDIA libraries beside libtorch, where its run path looks for them."""
    for index, requirement in enumerate(requirements):
        place = os.path.join(folder, f"nvidia{index}")
        wheel, reason = pip_download(requirement, place)
        if not wheel:
            fail(f"the CUDA build needs {requirement}, which pip does not find ({reason})")
        with zipfile.ZipFile(wheel) as archive:
            hashes = recorded_hashes(archive)
            libraries = [n for n in archive.namelist() if re.search(r"/lib/[^/]*\.so[^/]*$", n)]
            if not libraries:
                fail(f"{os.path.basename(wheel)} holds no library")
            for name in libraries:
                unpack(archive, name, os.path.join(root, "lib", os.path.basename(name)), hashes[name])
        shutil.rmtree(place)


def main():
    version, folder = sys.argv[1:]
    cuda = os.environ.get("ISTHMUS_CUDA") == "1"
    if platform.system() != "Linux":
        fail(f"no prebuilt library is fetched for {platform.system()}; set LIBTORCH to a libtorch")
    root = os.path.join(folder, "libtorch")
    wheel = download_torch(version, os.path.join(folder, "wheel"), cuda)
    is_cuda = unpack_torch(wheel, root, cuda)
    os.remove(wheel)
    if cuda:
        if not is_cuda:
            fail("ISTHMUS_CUDA=1, but the wheel that pip offers is not a CUDA build")
        add_nvidia(CUDA_ALWAYS + CUDA_FULL, root, folder)
    elif is_cuda:
        add_nvidia(CUDA_ALWAYS, root, folder)
        # libtorch.so is an empty library that would load libtorch_cuda; the linker reads this instead.
        with open(os.path.join(root, "lib", "libtorch.so"), "w") as script:
            script.write("INPUT(libtorch_cpu.so)\n")
        print("libtorch: left out CUDA; ISTHMUS_CUDA=1 keeps it", flush=True)


if __name__ == "__main__":
    main()
