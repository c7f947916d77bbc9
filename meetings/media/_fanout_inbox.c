/* The receiving half of the data plane in C, a part of `_fanout.c`: decrypt, and send on what needs no decision.
 *
 * The same as `inbox.py`. What a datagram says is believed as far as libsrtp has verified it, and no length is.
 */

/* What comes in -------------------------------------------------------------------------------------------------- */

struct fanout_stream *fanout_stream_new(void) {
    struct fanout_stream *stream = calloc(1, sizeof *stream);
    if (stream != NULL) stream->highest = stream->frame = -1;
    return stream;
}

void fanout_stream_free(struct fanout_stream *stream) {
    if (stream == NULL) return;
    free(stream->outputs);
    free(stream);
}

static struct fanout_stream **find_stream(struct fanout_intake *intake, uint32_t ssrc) {
    for (uint32_t index = 0; index < intake->count; index++)
        if (intake->streams[index]->ssrc == ssrc) return &intake->streams[index];
    return NULL;
}

void fanout_arm(struct fanout_plane *plane, struct fanout_intake *intake, struct fanout_stream *stream,
                const uint32_t *outputs, int count) {
    struct fanout_stream **place = find_stream(intake, stream->ssrc);
    if (place != NULL) {
        *place = stream;
    } else {
        if (intake->count == sizeof intake->streams / sizeof intake->streams[0]) return;
        intake->streams[intake->count++] = stream;
    }
    if ((uint32_t)count > stream->room) {
        uint32_t *grown = realloc(stream->outputs, (size_t)count * sizeof *grown);
        if (grown == NULL) return;
        stream->outputs = grown;
        stream->room = (uint32_t)count;
    }
    if (count) memcpy(stream->outputs, outputs, (size_t)count * sizeof *outputs);
    stream->count = (uint32_t)count;
    stream->generation = plane->generation;
    stream->armed = 1;
}

/* The running numbers of a VP8 packet; places are 0 where there is nothing. */
struct vp8 {
    int picture_at, bits, tl0_at;
    uint16_t picture;
    uint8_t tl0;
};

/* As `rtp.parse_vp8`: what is cut short has no numbers. Whether a keyframe begins here (RFC 6386 9.1). */
static int read_vp8(const uint8_t *data, int at, int end, struct vp8 *vp8) {
    static const struct vp8 none;
    struct vp8 found = none;
    *vp8 = none;
    if (at >= end) return 0;
    uint8_t first = data[at++];
    if (first & 0x80) {
        if (at >= end) return 0;
        uint8_t flags = data[at++];
        if (flags & 0x80) {
            if (at >= end) return 0;
            found.picture_at = at;
            found.bits = 7;
            found.picture = data[at] & 0x7F;
            if (data[at] & 0x80) {
                if (at + 2 > end) return 0;
                found.bits = 15;
                found.picture = (uint16_t)(read16(data + at) & 0x7FFF);
                at++;
            }
            at++;
        }
        if (flags & 0x40) {
            if (at >= end) return 0;
            found.tl0_at = at;
            found.tl0 = data[at++];
        }
        if (flags & 0x30) at++;
    }
    if (at >= end) return 0;
    *vp8 = found;
    return (first & 0x10) && !(first & 0x07) && !(data[at] & 0x01) && at + 10 <= end && data[at + 3] == 0x9D &&
           data[at + 4] == 0x01 && data[at + 5] == 0x2A;
}

static void hear(double *loudness, double loud, double now) {
    double score = loudness[0];
    loudness[0] = score + (loud - score) * (loud > score ? 0.3 : 0.03);
    loudness[1] = now;
}

/* The elements that tell of the line and of the voice. */
static void note_extensions(struct fanout_intake *intake, struct fanout_stream *stream, const uint8_t *packet,
                            struct walk walk, double now) {
    double loud = 90.0; /* without a level activity counts */
    struct element element;
    while (next_element(&walk, &element)) {
        int length = element.end - element.start;
        if (element.number == 0) continue;
        if (element.number == intake->transport_id && length >= 2) {
            if (*intake->noted < intake->room) {
                struct fanout_arrival *arrival = &intake->arrivals[(*intake->noted)++];
                arrival->at = now;
                arrival->seq = (uint16_t)read16(packet + element.start);
            }
        } else if (element.number == intake->level_id && length >= 1) {
            loud = 127.0 - (packet[element.start] & 0x7F);
        }
    }
    if (stream->loudness != NULL) hear(stream->loudness, loud, now);
}

/* As `Ring.put`; 0 when the number is there already. */
static int keep(struct fanout_stream *stream, uint16_t seq, const uint8_t *packet, int size) {
    struct fanout_kept *kept = &stream->kept[seq & stream->kept_mask];
    if ((uint32_t)size > stream->capacity || (kept->used && kept->seq == seq)) return 0;
    uint64_t start = *stream->written, at = start % stream->capacity;
    if (at + (uint64_t)size > stream->capacity) {
        start += stream->capacity - at;
        at = 0;
    }
    memcpy(stream->bytes + at, packet, (size_t)size);
    kept->start = start;
    kept->seq = seq;
    kept->size = (uint16_t)size;
    kept->used = 1;
    *stream->written = start + (uint64_t)size;
    return 1;
}

/* As `Reception.count` for the packet after the newest one. */
static void count_packet(struct fanout_stream *stream, uint32_t timestamp, int size, double now) {
    stream->received++;
    stream->octets += (uint64_t)size;
    stream->highest++;
    if (stream->frame != (int64_t)timestamp) {
        stream->frame = (int64_t)timestamp;
        stream->frames++;
    }
    double transit = now * stream->clock - timestamp;
    if (stream->timed) {
        double delta = transit > stream->transit ? transit - stream->transit : stream->transit - transit;
        if (delta < stream->clock) stream->jitter += (delta - stream->jitter) / 16;
    }
    stream->transit = transit;
    stream->timed = 1;
}

static void end_run(struct fanout_plane *plane, struct fanout_inbox *inbox, double now) {
    int run = inbox->run;
    inbox->run = 0;
    if (run) push(plane, now, inbox->pieces, run, inbox->running->outputs, (int)inbox->running->count);
}

/* Send a decrypted packet on, if it is one that needs no decision: nothing is changed before that is known. */
static int pass(struct fanout_plane *plane, struct fanout_inbox *inbox, struct fanout_intake *intake,
                struct fanout_stream *stream, const uint8_t *packet, int size, double now) {
    if (!stream->armed || stream->generation != plane->generation) {
        stream->armed = 0;
        return 0;
    }
    if (size < 12 || packet[0] >> 6 != 2 || (packet[1] & 0x7F) != stream->payload_type) return 0;
    uint16_t seq = (uint16_t)read16(packet + 2);
    if (seq != (uint16_t)(stream->seq + 1) || stream->highest < 0) return 0;
    struct walk walk = {packet, 0, 0, 1};
    int payload = 12 + 4 * (packet[0] & 0x0F), end = size;
    if (packet[0] & 0x10) {
        if (size < payload + 4) return 0;
        uint32_t profile = read16(packet + payload);
        int start = payload + 4;
        payload = start + 4 * (int)read16(packet + payload + 2);
        walk.one_byte = profile == 0xBEDE;
        if (walk.one_byte || (profile & 0xFFF0) == 0x1000) {
            walk.at = start;
            walk.limit = payload;
        }
    }
    if (packet[0] & 0x20) {
        if (packet[size - 1] == 0) return 0;
        end -= packet[size - 1];
    }
    if (payload >= end) return 0;
    struct vp8 vp8 = {0, 0, 0, 0, 0};
    if (stream->pictures && read_vp8(packet, payload, end, &vp8)) return 0;
    if (!keep(stream, seq, packet, size)) return 0;
    uint32_t timestamp = read32(packet + 4);
    *intake->octets += (uint64_t)size;
    note_extensions(intake, stream, packet, walk, now);
    count_packet(stream, timestamp, size, now);
    stream->seq = seq;
    stream->timestamp = timestamp;
    stream->picture = vp8.picture;
    stream->tl0 = vp8.tl0;
    stream->at = now;
    if (inbox->run == RUN || inbox->running != stream) end_run(plane, inbox, now);
    inbox->running = stream;
    struct piece piece = {packet, size, vp8.picture_at, vp8.bits, vp8.tl0_at};
    inbox->pieces[inbox->run++] = piece;
    return 1;
}

/* Inboxes ---------------------------------------------------------------------------------------------------------- */

struct fanout_inbox *fanout_inbox_new(const int *descriptor) {
    struct fanout_inbox *inbox = calloc(1, sizeof *inbox);
    if (inbox == NULL) return NULL;
    inbox->descriptor = descriptor;
    for (int index = 0; index < INCOMING; index++) {
        inbox->vectors[index].iov_base = inbox->data[index];
        inbox->vectors[index].iov_len = MAX_PACKET;
        inbox->messages[index].msg_hdr.msg_name = inbox->names[index];
        inbox->messages[index].msg_hdr.msg_iov = &inbox->vectors[index];
        inbox->messages[index].msg_hdr.msg_iovlen = 1;
    }
    return inbox;
}

static uint32_t bucket(const uint8_t *name, int size) {
    uint32_t sum = 2166136261u;
    for (int at = 2; at < size; at++) sum = (sum ^ name[at]) * 16777619u;
    return (sum ^ sum >> 16) % BUCKETS;
}

static struct route **find_route(struct fanout_inbox *inbox, const uint8_t *name, int size) {
    struct route **place = &inbox->routes[bucket(name, size)];
    while (*place != NULL && ((*place)->size != size || memcmp((*place)->name, name, (size_t)size) != 0))
        place = &(*place)->next;
    return place;
}

int fanout_route(struct fanout_inbox *inbox, const uint8_t *name, int size, struct fanout_intake *intake) {
    if (size < 4 || size > NAME) return 0;
    struct route **place = find_route(inbox, name, size);
    if (*place == NULL) {
        *place = calloc(1, sizeof **place);
        if (*place == NULL) return 0;
        (*place)->size = size;
        memcpy((*place)->name, name, (size_t)size);
    }
    (*place)->intake = intake;
    return 1;
}

void fanout_forget(struct fanout_inbox *inbox, const uint8_t *name, int size) {
    if (size < 4 || size > NAME) return;
    struct route **place = find_route(inbox, name, size), *gone = *place;
    if (gone == NULL) return;
    *place = gone->next;
    free(gone);
}

void fanout_inbox_free(struct fanout_inbox *inbox) {
    if (inbox == NULL) return;
    for (int index = 0; index < BUCKETS; index++)
        while (inbox->routes[index] != NULL) {
            struct route *gone = inbox->routes[index];
            inbox->routes[index] = gone->next;
            free(gone);
        }
    free(inbox);
}

static void receive(struct fanout_inbox *inbox) {
    int left = INCOMING - inbox->count;
    if (*inbox->descriptor < 0 || left <= 0) return;
    struct mmsghdr *first = inbox->messages + inbox->count;
    for (int index = 0; index < left; index++) first[index].msg_hdr.msg_namelen = NAME;
    int count = recvmmsg(*inbox->descriptor, first, (unsigned)left, MSG_DONTWAIT, NULL);
    if (count > 0) inbox->count += count; /* an error: an ICMP message about an earlier send, or nothing waits */
}

/* What becomes of one datagram: 1, it is done with. */
static int take(struct fanout_plane *plane, struct fanout_inbox *inbox, double now, struct fanout_came *came) {
    uint8_t *data = inbox->data[inbox->at];
    struct mmsghdr *message = &inbox->messages[inbox->at];
    int size = (int)message->msg_len, name_size = (int)message->msg_hdr.msg_namelen;
    came->data = data;
    came->size = size;
    came->plain = 0;
    came->name = inbox->names[inbox->at];
    came->name_size = name_size < NAME ? name_size : NAME;
    if (size < 12 || data[0] >> 6 != 2 || (data[1] >= 192 && data[1] <= 223)) return 0;
    struct route *route = *find_route(inbox, came->name, came->name_size);
    if (route == NULL || route->intake->session == NULL) return 0;
    struct fanout_stream **stream = find_stream(route->intake, read32(data + 8));
    if (stream == NULL) return 0;
    if (plane->unprotect(route->intake->session, data, &size) != 0) {
        plane->forged++;
        return 1;
    }
    came->size = size;
    came->plain = 1;
    return pass(plane, inbox, route->intake, *stream, data, size, now);
}

int fanout_drain(struct fanout_plane *plane, struct fanout_inbox *inbox, double now, int fresh,
                 struct fanout_came *came) {
    if (fresh) inbox->at = inbox->count = 0;
    for (;;) {
        if (inbox->at == inbox->count) {
            end_run(plane, inbox, now);
            /* again, for what came while the first were sent on: no wake-up, and one send for both */
            receive(inbox);
        }
        if (inbox->at == inbox->count) return 0;
        int done = take(plane, inbox, now, came);
        inbox->at++;
        if (!done) {
            end_run(plane, inbox, now); /* Python may change what it goes to */
            return 1;
        }
        plane->taken++;
    }
}
