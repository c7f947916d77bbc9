/* Drives the data plane in C with random outputs and packets, well-formed and not: `fuzz_fanout SEED ROUNDS`.
 *
 * Built with the address and undefined-behaviour sanitizers by tests/integration/test_fanout_native.py. Packets lie in
 * memory of exactly their size, so that reading past them shows; what is sent is checked where it is handed over.
 */

#include "_fanout.c"

#include <stdio.h>

enum { PATHS = 12, OUTPUTS = 200 };

static uint64_t state;
static struct fanout_path *paths[PATHS];
static uint64_t handed, encrypted;
static int ready; /* what is encrypted now came as it is, not through `fanout_push` */

static uint32_t next(void) { /* xorshift64* */
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (uint32_t)((state * 2685821657736338717ULL) >> 32);
}

static uint32_t below(uint32_t limit) { return next() % limit; }

static void die(const char *why) {
    fprintf(stderr, "%s\n", why);
    abort();
}

/* As libsrtp does at most: appends 148 bytes; now and then it refuses. */
static int protect(void *session, void *packet, int *length) {
    if (session == NULL) die("a closed path is encrypted for");
    if (*length < 12 || *length > MAX_PACKET) die("a packet of an impossible size");
    const uint8_t *data = packet;
    if (data[0] & 0x10 && !ready) {
        int start = 12 + 4 * (data[0] & 0x0F);
        if (start + 4 > *length || start + 4 + 4 * (int)read16(data + start + 2) > *length) die("extensions run over");
    }
    if (below(50) == 0) return 7;
    memset((uint8_t *)packet + *length, 0xEE, 148);
    *length += below(2) ? 16 : 148;
    encrypted++;
    return 0;
}

static int protect_rtcp(void *session, void *packet, int *length) {
    if (session == NULL || *length > MAX_PACKET) die("a report that should not be");
    memset((uint8_t *)packet + *length, 0xEE, 148);
    *length += 20;
    encrypted++;
    return 0;
}

static int give(void *owner, uint32_t path, const uint8_t *datagram, int size) {
    if (owner != (void *)paths || path >= PATHS || size < 12 || size > STRIDE) die("given what is no datagram");
    uint8_t sum = 0;
    for (int at = 0; at < size; at++) sum ^= datagram[at];
    handed += sum & 1;
    handed++;
    return below(20) != 0;
}

static void new_path(int index, const int *descriptor) {
    struct fanout_path *path = calloc(1, sizeof *path);
    path->session = path;
    path->descriptor = descriptor;
    path->id = (uint32_t)index;
    path->name_size = 16;
    path->name[0] = 2; /* AF_INET, 127.0.0.1, port 9 */
    path->name[3] = 9;
    path->name[4] = 127;
    path->name[7] = 1;
    path->counter = calloc(1, sizeof *path->counter);
    *path->counter = (uint16_t)next();
    path->records = calloc(HISTORY, sizeof *path->records);
    path->totals = calloc(2, sizeof *path->totals);
    paths[index] = path;
}

/* Mostly like RTP, and then spoilt; the memory is exactly as large. */
static uint8_t *new_packet(int *size) {
    int wanted = below(8) ? (int)below(200) : (int)below(MAX_PACKET + 40);
    uint8_t *data = malloc((size_t)wanted + 1);
    for (int at = 0; at < wanted; at++) data[at] = below(4) ? (uint8_t)next() : 0;
    *size = wanted;
    if (wanted < 12) return data;
    data[0] = (uint8_t)(0x80 | (below(3) ? 0x10 : 0) | (below(5) ? 0 : below(16)));
    int start = 12 + 4 * (data[0] & 0x0F);
    if (data[0] & 0x10 && start + 4 <= wanted) {
        static const uint16_t profiles[] = {0xBEDE, 0xBEDE, 0x1000, 0x100F, 0x4321};
        write16(data + start, profiles[below(5)]);
        if (below(10)) write16(data + start + 2, below((uint32_t)(wanted - start - 4) / 4 + 1));
        int at = start + 4;
        while (below(8) && at + 20 < wanted) { /* a few elements that are right */
            int length = 1 + (int)below(16);
            if (data[start] == 0xBE) {
                data[at] = (uint8_t)(below(15) << 4 | (uint32_t)(length - 1));
                at += 1 + length;
            } else {
                data[at + 1] = (uint8_t)length;
                at += 2 + length;
            }
        }
    }
    return data;
}

static void new_table(uint8_t *table) {
    memset(table, 0, TABLE);
    for (int count = (int)below(20); count > 0; count--) table[below(below(2) ? 16 : 256)] = (uint8_t)below(below(3) ? 15 : 256);
    if (below(2)) table[0] = (uint8_t)below(20);
}

int main(int count, char **arguments) {
    if (count != 3) die("fuzz_fanout SEED ROUNDS");
    state = strtoull(arguments[1], NULL, 10) * 2 + 1;
    long rounds = strtol(arguments[2], NULL, 10);
    int *open = malloc(sizeof *open), *closed = malloc(sizeof *closed);
    *open = socket(AF_INET, SOCK_DGRAM, 0);
    *closed = -1;
    struct fanout_plane *plane = fanout_new(protect, protect_rtcp, give, (void *)paths);
    for (int index = 0; index < PATHS; index++)
        new_path(index, index % 4 == 0 ? open : index % 4 == 1 ? closed : NULL);
    uint32_t outputs[OUTPUTS];
    int made = 0;
    for (long round = 0; round < rounds; round++) {
        struct fanout_path *path = paths[below(PATHS)];
        int size;
        uint8_t *packet = new_packet(&size), table[TABLE];
        switch (below(12)) {
        case 0:
            if (made < OUTPUTS) outputs[made++] = (uint32_t)fanout_add(plane, path);
            break;
        case 1:
            if (made > 0 && below(4) == 0) fanout_remove(plane, outputs[--made]);
            break;
        case 2:
        case 3:
            new_table(table);
            fanout_set(plane, made ? outputs[below((uint32_t)made)] : next(), next(), (uint8_t)below(128),
                       (uint16_t)next(), next(), (uint16_t)next(), (uint8_t)next(), table);
            break;
        case 4:
            ready = 1;
            fanout_send(plane, 1.0, path, packet, size, below(3) ? 0 : (int)below(60));
            ready = 0;
            break;
        case 5:
            fanout_send_rtcp(plane, path, packet, size);
            break;
        case 6:
            path->session = below(2) ? path : NULL;
            fanout_flush(plane);
            break;
        default: {
            uint32_t some[40];
            int targets = (int)below(41);
            for (int index = 0; index < targets; index++) some[index] = made && below(9) ? outputs[below((uint32_t)made)] : below(400);
            static const int widths[] = {7, 15, 16, 0};
            fanout_push(plane, (double)round, packet, size, below(2) ? (int)below(60) : 0, widths[below(4)],
                        below(2) ? (int)below(60) : 0, some, targets);
        }
        }
        free(packet);
    }
    fanout_flush(plane);
    printf("%llu encrypted, %llu handed over, %llu dropped\n", (unsigned long long)encrypted,
           (unsigned long long)handed, (unsigned long long)fanout_dropped(plane));
    if (encrypted < (uint64_t)rounds / 4) die("hardly anything was sent");
    fanout_free(plane);
    for (int index = 0; index < PATHS; index++) {
        free(paths[index]->counter);
        free(paths[index]->records);
        free(paths[index]->totals);
        free(paths[index]);
    }
    free(open);
    free(closed);
    return 0;
}
