/* Drives the data plane in C with random outputs and packets, well-formed and not: `fuzz_fanout SEED ROUNDS`.
 *
 * Built with the address and undefined-behaviour sanitizers by tests/integration/test_fanout_native.py. Packets lie in
 * memory of exactly their size, so that reading past them shows; what is sent is checked where it is handed over.
 */

#include "_fanout.c"

#include <arpa/inet.h>
#include <stdio.h>

enum { PATHS = 12, OUTPUTS = 200, INTAKES = 3, STREAMS = 6, KEPT = 16, CAPACITY = 4096, NOTED = 8 };

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

/* Takes off what `protect` appends at least; now and then it is forged. */
static int unprotect(void *session, void *packet, int *length) {
    if (session == NULL) die("a closed intake is decrypted for");
    if (*length < 12 || *length > MAX_PACKET) die("a datagram of an impossible size");
    if (below(20) == 0) return 7;
    if (*length >= 28 && below(4)) *length -= 16;
    memset((uint8_t *)packet + *length, 0xDD, (size_t)(MAX_PACKET - *length)); /* what follows is not the packet's */
    return 0;
}

static struct fanout_intake *intakes[INTAKES];
static struct fanout_stream *streams[STREAMS];
static int sources[INTAKES];
static struct sockaddr_in names[INTAKES], target;

static void new_intake(int index) {
    struct fanout_intake *intake = calloc(1, sizeof *intake);
    intake->session = intake;
    intake->octets = calloc(1, sizeof *intake->octets);
    intake->arrivals = calloc(NOTED, sizeof *intake->arrivals);
    intake->noted = calloc(1, sizeof *intake->noted);
    intake->room = NOTED;
    intakes[index] = intake;
    sources[index] = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof any;
    if (bind(sources[index], (struct sockaddr *)&any, size) != 0) die("no source");
    getsockname(sources[index], (struct sockaddr *)&names[index], &size);
}

static void new_stream(int index) {
    struct fanout_stream *stream = streams[index] = fanout_stream_new();
    stream->ssrc = (uint32_t)index;
    stream->clock = 90000;
    stream->payload_type = 96;
    stream->pictures = index & 1;
    stream->kept = calloc(KEPT, sizeof *stream->kept);
    stream->kept_mask = KEPT - 1;
    stream->bytes = malloc(CAPACITY);
    stream->capacity = CAPACITY;
    stream->written = calloc(1, sizeof *stream->written);
    stream->loudness = index % 3 ? calloc(2, sizeof *stream->loudness) : NULL;
    stream->highest = 1;
}

/* Datagrams to the inbox, of known streams and of none, and what Python does with those it is given. */
static void bring(struct fanout_plane *plane, struct fanout_inbox *inbox, uint8_t *packet, int size, double now) {
    for (int count = (int)below(5); count >= 0; count--) {
        struct fanout_stream *stream = streams[below(STREAMS)];
        if (size >= 12 && below(10)) {
            packet[0] &= 0xBF;
            packet[1] = (uint8_t)(below(20) ? 96 | (next() & 0x80) : next());
            write16(packet + 2, stream->seq + (below(12) ? 1u : next()));
            write32(packet + 8, below(20) ? stream->ssrc : next());
        }
        sendto(sources[below(INTAKES)], packet, (size_t)size, 0, (struct sockaddr *)&target, sizeof target);
    }
    struct fanout_came came;
    int fresh = 1, count = 0;
    while (fanout_drain(plane, inbox, now, fresh, &came)) {
        fresh = 0;
        if (++count > INCOMING) die("more than a wake-up's datagrams");
        if (came.size < 0 || came.size > MAX_PACKET || came.name_size < 0 || came.name_size > NAME) die("no datagram");
        for (int at = 0; at < came.size; at++) handed += came.data[at] & 1;
        if (came.plain && came.size >= 12) { /* as the router does: it is the newest now */
            for (int index = 0; index < STREAMS; index++)
                if (streams[index]->ssrc == read32(came.data + 8)) streams[index]->seq = (uint16_t)read16(came.data + 2);
        }
        if (below(30) == 0) fanout_forget(inbox, came.name, came.name_size);
    }
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
    struct fanout_plane *plane = fanout_new(protect, protect_rtcp, unprotect, give, (void *)paths);
    for (int index = 0; index < PATHS; index++)
        new_path(index, index % 4 == 0 ? open : index % 4 == 1 ? closed : NULL);
    int *listening = malloc(sizeof *listening);
    *listening = socket(AF_INET, SOCK_DGRAM, 0);
    target.sin_family = AF_INET;
    target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof target;
    if (bind(*listening, (struct sockaddr *)&target, length) != 0) die("no inbox");
    getsockname(*listening, (struct sockaddr *)&target, &length);
    struct fanout_inbox *inbox = fanout_inbox_new(listening);
    for (int index = 0; index < INTAKES; index++) new_intake(index);
    for (int index = 0; index < STREAMS; index++) new_stream(index);
    uint32_t outputs[OUTPUTS];
    int made = 0;
    for (long round = 0; round < rounds; round++) {
        struct fanout_path *path = paths[below(PATHS)];
        int size;
        uint8_t *packet = new_packet(&size), table[TABLE];
        switch (below(16)) {
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
        case 7:
        case 8: {
            uint32_t some[40];
            int targets = (int)below(41), index = (int)below(STREAMS);
            for (int place = 0; place < targets; place++) some[place] = made && below(9) ? outputs[below((uint32_t)made)] : below(400);
            fanout_arm(plane, intakes[index % INTAKES], streams[index], some, targets);
            intakes[below(INTAKES)]->transport_id = (uint8_t)below(16);
            intakes[below(INTAKES)]->level_id = (uint8_t)below(16);
            break;
        }
        case 9: {
            int index = (int)below(INTAKES);
            const uint8_t *name = (const uint8_t *)&names[index];
            if (below(4))
                fanout_route(inbox, name, sizeof names[index], intakes[index]);
            else
                fanout_forget(inbox, name, (int)below(40) ? (int)sizeof names[index] : 0);
            intakes[index]->session = below(8) ? intakes[index] : NULL;
            *intakes[index]->noted = 0;
            break;
        }
        case 10:
        case 11:
        case 12:
            bring(plane, inbox, packet, size, (double)round / 100);
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
    printf("%llu encrypted, %llu handed over, %llu dropped, %llu taken\n", (unsigned long long)encrypted,
           (unsigned long long)handed, (unsigned long long)fanout_dropped(plane), (unsigned long long)fanout_taken(plane));
    if (encrypted < (uint64_t)rounds / 4) die("hardly anything was sent");
    if (fanout_taken(plane) < (uint64_t)rounds / 100) die("hardly anything was taken");
    fanout_inbox_free(inbox);
    for (int index = 0; index < STREAMS; index++) {
        free(streams[index]->kept);
        free(streams[index]->bytes);
        free(streams[index]->written);
        free(streams[index]->loudness);
        fanout_stream_free(streams[index]);
    }
    for (int index = 0; index < INTAKES; index++) {
        free(intakes[index]->octets);
        free(intakes[index]->arrivals);
        free(intakes[index]->noted);
        free(intakes[index]);
    }
    free(listening);
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
