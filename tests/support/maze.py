"""Code with a fault behind three decisions, to show that the fuzzer is led by what it reaches."""


def walk(data: bytes) -> None:
    if len(data) < 4:
        return
    if data[0] == 0x47:
        if data[1] == 0x9C:
            if data[2] == 0x03:
                raise IndexError("found")
            return
        return
