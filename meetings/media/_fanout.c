/* The data plane in C: rewrite, encrypt and send one packet for many receivers.
 *
 * The same as `fanout_python.py`, which is the measure: property tests compare their datagrams byte for byte. It
 * knows nothing of libsrtp but two function pointers and the sessions' addresses, both borrowed from pylibsrtp, and
 * is called by one thread. Packets come from the network: every offset is checked before it is used.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* sendmmsg, recvmmsg */
#endif
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "_fanout.h"

enum {
    MAX_PACKET = 2048,
    STRIDE = 2240,      /* MAX_PACKET and what libsrtp appends */
    QUEUE = 128,        /* datagrams: as many as stay in the second-level cache */
    HISTORY = 2048,     /* records of a path, `SIZE` of sent.py */
    TABLE = 256,
    INCOMING = 64,      /* datagrams of one wake-up, `SIZE` of batches.py */
    NAME = 28,
    BUCKETS = 256,
    SEGMENTS = 16,      /* datagrams that the kernel gets as one */
    SEGMENT = 1400,     /* bytes of each, at most: what any line carries whole */
    REFUSALS = 64,      /* after so many the kernel is not asked again */
    RUN = 4             /* packets of one stream that go on together */
};

struct output {
    const struct fanout_path *path; /* NULL: free */
    int set;
    uint32_t ssrc, timestamp;
    uint16_t seq, picture;
    uint8_t payload_type, tl0;
    uint8_t table[TABLE];
};

struct datagram {
    const int *descriptor;
    uint32_t path, name_size;
    int length;
    uint8_t name[28];
    uint8_t data[STRIDE];
};

struct fanout_plane {
    fanout_protect protect, protect_rtcp, unprotect;
    fanout_give give;
    void *owner;
    struct output *outputs;
    uint32_t room; /* of `outputs` */
    uint32_t generation; /* how often an output ended: what was armed before asks again */
    uint64_t sent, dropped, taken, forged;
    int refusals, queued;
    uint8_t gone[QUEUE];
    uint32_t paths[QUEUE]; /* of the queue's datagrams: what is looked through for each */
    struct datagram queue[QUEUE];
    struct mmsghdr messages[QUEUE];
    struct iovec vectors[QUEUE];
    union {
        struct cmsghdr head;
        uint8_t room[CMSG_SPACE(sizeof(uint16_t))];
    } controls[QUEUE];
};

/* One packet to be sent on, and where its running numbers lie. */
struct piece {
    const uint8_t *packet;
    int size, picture_at, picture_bits, tl0_at;
};

struct route {
    struct route *next;
    struct fanout_intake *intake;
    int size;
    uint8_t name[NAME];
};

struct fanout_inbox {
    const int *descriptor;
    int at, count; /* of what this wake-up received */
    struct fanout_stream *running; /* whose packets wait to go on together */
    int run;
    struct piece pieces[RUN];
    struct route *routes[BUCKETS];
    struct mmsghdr messages[INCOMING];
    struct iovec vectors[INCOMING];
    uint8_t names[INCOMING][NAME];
    uint8_t data[INCOMING][MAX_PACKET];
};

/* A packet as the receivers of one table get it; places are 0 where there is nothing. */
struct shaped {
    int size, transport_at, picture_at, tl0_at;
    uint8_t data[MAX_PACKET];
};

static uint32_t read16(const uint8_t *at) { return (uint32_t)at[0] << 8 | at[1]; }

static uint32_t read32(const uint8_t *at) { return read16(at) << 16 | read16(at + 2); }

static void write16(uint8_t *at, uint32_t value) {
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void write32(uint8_t *at, uint32_t value) {
    write16(at, value >> 16);
    write16(at + 2, value);
}

struct fanout_plane *fanout_new(fanout_protect protect, fanout_protect protect_rtcp, fanout_protect unprotect,
                                fanout_give give, void *owner) {
    struct fanout_plane *plane = calloc(1, sizeof *plane);
    if (plane == NULL) return NULL;
    plane->protect = protect;
    plane->protect_rtcp = protect_rtcp;
    plane->unprotect = unprotect;
    plane->give = give;
    plane->owner = owner;
    return plane;
}

void fanout_free(struct fanout_plane *plane) {
    if (plane == NULL) return;
    free(plane->outputs);
    free(plane);
}

uint64_t fanout_sent(const struct fanout_plane *plane) { return plane->sent; }

uint64_t fanout_dropped(const struct fanout_plane *plane) { return plane->dropped; }

uint64_t fanout_taken(const struct fanout_plane *plane) { return plane->taken; }

uint64_t fanout_forged(const struct fanout_plane *plane) { return plane->forged; }

/* Outputs ----------------------------------------------------------------------------------------------------- */

int fanout_add(struct fanout_plane *plane, const struct fanout_path *path) {
    uint32_t output = 0;
    while (output < plane->room && plane->outputs[output].path != NULL) output++;
    if (output == plane->room) {
        uint32_t room = plane->room ? 2 * plane->room : 64;
        struct output *grown = realloc(plane->outputs, room * sizeof *grown);
        if (grown == NULL) return -1;
        memset(grown + plane->room, 0, (room - plane->room) * sizeof *grown);
        plane->outputs = grown;
        plane->room = room;
    }
    plane->outputs[output].path = path;
    plane->outputs[output].set = 0;
    return (int)output;
}

void fanout_set(struct fanout_plane *plane, uint32_t output, uint32_t ssrc, uint8_t payload_type, uint16_t seq,
                uint32_t timestamp, uint16_t picture, uint8_t tl0, const uint8_t *table) {
    if (output >= plane->room || plane->outputs[output].path == NULL) return;
    struct output *out = &plane->outputs[output];
    out->ssrc = ssrc;
    out->payload_type = payload_type;
    out->seq = seq;
    out->timestamp = timestamp;
    out->picture = picture;
    out->tl0 = tl0;
    memcpy(out->table, table, TABLE);
    out->set = 1;
}

void fanout_remove(struct fanout_plane *plane, uint32_t output) {
    if (output >= plane->room) return;
    memset(&plane->outputs[output], 0, sizeof plane->outputs[output]);
    plane->generation++; /* its number may soon be somebody else's */
}

/* Header extensions (RFC 8285) ---------------------------------------------------------------------------------- */

struct walk {
    const uint8_t *data;
    int at, limit, one_byte;
};

struct element {
    int number, start, end; /* its id, and its value */
};

static int next_element(struct walk *walk, struct element *element) {
    while (walk->at < walk->limit && walk->data[walk->at] == 0) walk->at++;
    if (walk->at >= walk->limit) return 0;
    if (walk->one_byte) {
        element->number = walk->data[walk->at] >> 4;
        element->start = walk->at + 1;
        element->end = walk->at + 2 + (walk->data[walk->at] & 0x0F);
        if (element->number == 15) return 0;
    } else {
        if (walk->at + 2 > walk->limit) return 0;
        element->number = walk->data[walk->at];
        element->start = walk->at + 2;
        element->end = element->start + walk->data[walk->at + 1];
    }
    if (element->end > walk->limit) return 0;
    walk->at = element->end;
    return 1;
}

/* Whether the packet, which `rtp.parse` has read, fits; see `forwarding.shape`. */
static int shape(const uint8_t *packet, int size, const uint8_t *table, int picture_at, int tl0_at,
                 struct shaped *out) {
    if (size < 12) return 0;
    int start = 12 + 4 * (packet[0] & 0x0F), payload = start;
    struct walk walk = {packet, 0, 0, 1};
    if (packet[0] & 0x10) {
        if (size < start + 4) return 0;
        uint32_t profile = read16(packet + start);
        payload = start + 4 + 4 * (int)read16(packet + start + 2);
        walk.one_byte = profile == 0xBEDE;
        if (walk.one_byte || (profile & 0xFFF0) == 0x1000) {
            walk.at = start + 4;
            walk.limit = payload;
        }
    }
    if (payload > size) return 0;
    int transport = table[0], elements = 0, octets = 0, brief = transport <= 14;
    struct element element;
    struct walk count = walk;
    while (next_element(&count, &element)) {
        int length = element.end - element.start, number = element.number ? table[element.number] : 0;
        if (number == 0) continue;
        elements++;
        octets += length;
        if (number > 14 || length < 1 || length > 16) brief = 0;
    }
    int head = brief ? 1 : 2, extensions = octets + head * elements + (transport ? head + 2 : 0);
    int block = extensions ? 4 + ((extensions + 3) & ~3) : 0;
    out->size = start + block + size - payload;
    if (out->size > MAX_PACKET) return 0;
    uint8_t *data = out->data, *at = data + start;
    memcpy(data, packet, (size_t)start);
    out->transport_at = out->picture_at = out->tl0_at = 0;
    data[0] = (uint8_t)(block ? packet[0] | 0x10 : packet[0] & 0xEF);
    if (block) {
        memset(at, 0, (size_t)block);
        write16(at, brief ? 0xBEDE : 0x1000);
        write16(at + 2, (uint32_t)(block - 4) >> 2);
        at += 4;
        while (next_element(&walk, &element)) {
            int length = element.end - element.start, number = element.number ? table[element.number] : 0;
            if (number == 0) continue;
            if (brief) {
                *at++ = (uint8_t)(number << 4 | (length - 1));
            } else {
                *at++ = (uint8_t)number;
                *at++ = (uint8_t)length;
            }
            if (picture_at >= element.start && picture_at < element.end) /* of AV1 it lies in an extension */
                out->picture_at = (int)(at - data) + picture_at - element.start;
            memcpy(at, packet + element.start, (size_t)length);
            at += length;
        }
        if (transport) {
            if (brief) {
                *at++ = (uint8_t)(transport << 4 | 1);
            } else {
                *at++ = (uint8_t)transport;
                *at++ = 2;
            }
            out->transport_at = (int)(at - data);
        }
    }
    memcpy(data + start + block, packet + payload, (size_t)(size - payload));
    if (picture_at >= payload) out->picture_at = picture_at + start + block - payload;
    if (tl0_at >= payload) out->tl0_at = tl0_at + start + block - payload;
    return 1;
}

/* Datagrams ----------------------------------------------------------------------------------------------------- */

/* Send one by one what the kernel does not want to cut: another device, a narrow line, an old system. */
static void send_pieces(struct fanout_plane *plane, int descriptor, struct msghdr *message) {
    struct iovec *pieces = message->msg_iov;
    int count = (int)message->msg_iovlen;
    message->msg_control = NULL;
    message->msg_controllen = 0;
    message->msg_iovlen = 1;
    for (int piece = 0; piece < count; piece++) {
        message->msg_iov = pieces + piece;
        if (sendmsg(descriptor, message, 0) < 0) plane->dropped++;
    }
}

/* Send those of one socket; what a full socket refuses is lost, as on a network. */
static void send_all(struct fanout_plane *plane, int descriptor, int count) {
    int done = 0;
    while (done < count) {
        int sent = descriptor < 0 ? -1 : sendmmsg(descriptor, plane->messages + done, (unsigned)(count - done), 0);
        if (sent > 0) {
            done += sent;
        } else if (descriptor < 0 || errno == EAGAIN || errno == ENOBUFS) {
            while (done < count) plane->dropped += plane->messages[done++].msg_hdr.msg_iovlen;
        } else if (errno != EINTR) {
            struct msghdr *refused = &plane->messages[done++].msg_hdr;
            if (refused->msg_iovlen > 1) {
                plane->refusals++;
                send_pieces(plane, descriptor, refused);
            } else { /* this one was refused, or an ICMP error of an earlier one came */
                plane->dropped++;
            }
        }
    }
}

/* One message of the datagrams to one receiver that begin with `first` → the place of the next free vector.
 *
 * The kernel cuts it (UDP_SEGMENT): all are of one size, but the last, which may be shorter. */
static int gather(struct fanout_plane *plane, int first, int queued, struct mmsghdr *message, int vector) {
    struct datagram *datagram = &plane->queue[first];
    int size = datagram->length, begun = vector, whole = plane->refusals >= REFUSALS || size > SEGMENT;
    struct iovec *vectors = plane->vectors;
    for (int other = first; other < queued && vector - begun < SEGMENTS; other++) {
        if (plane->paths[other] != datagram->path || plane->gone[other]) continue;
        struct datagram *same = &plane->queue[other];
        if (same->descriptor != datagram->descriptor || same->length > size || (other != first && whole)) break;
        plane->gone[other] = 1;
        vectors[vector].iov_base = same->data;
        vectors[vector++].iov_len = (size_t)same->length;
        if (same->length < size) break;
    }
    struct msghdr *header = &message->msg_hdr;
    memset(header, 0, sizeof *header);
    header->msg_name = datagram->name;
    header->msg_namelen = datagram->name_size;
    header->msg_iov = vectors + begun;
    header->msg_iovlen = (size_t)(vector - begun);
    if (vector - begun > 1) {
        struct cmsghdr *control = &plane->controls[first].head;
        uint16_t segment = (uint16_t)size;
        control->cmsg_level = IPPROTO_UDP;
        control->cmsg_type = UDP_SEGMENT;
        control->cmsg_len = CMSG_LEN(sizeof segment);
        memcpy(CMSG_DATA(control), &segment, sizeof segment);
        header->msg_control = control;
        header->msg_controllen = sizeof plane->controls[first];
    }
    return vector;
}

void fanout_flush(struct fanout_plane *plane) {
    int queued = plane->queued;
    plane->queued = 0; /* first: a failed `give` leaves nothing queued twice. What it calls must send nothing here */
    for (int first = 0; first < queued; first++) {
        struct datagram *datagram = &plane->queue[first];
        if (plane->gone[first]) continue;
        if (datagram->descriptor == NULL) {
            if (!plane->give(plane->owner, datagram->path, datagram->data, datagram->length)) plane->dropped++;
            continue;
        }
        int count = 0, vector = 0;
        for (int other = first; other < queued; other++) {
            if (plane->gone[other] || plane->queue[other].descriptor != datagram->descriptor) continue;
            vector = gather(plane, other, queued, &plane->messages[count++], vector);
        }
        send_all(plane, *datagram->descriptor, count);
    }
}

static void enqueue(struct fanout_plane *plane, const struct fanout_path *path, int length) {
    struct datagram *datagram = &plane->queue[plane->queued];
    plane->gone[plane->queued] = 0;
    plane->paths[plane->queued++] = path->id;
    datagram->descriptor = path->descriptor;
    datagram->path = path->id;
    datagram->length = length;
    datagram->name_size = path->name_size;
    memcpy(datagram->name, path->name, sizeof datagram->name);
    if (plane->queued == QUEUE) fanout_flush(plane);
}

/* Encrypt and queue the RTP packet that lies in the queue's next place. */
static void finish(struct fanout_plane *plane, double now, const struct fanout_path *path, int size,
                   int transport_at) {
    uint8_t *data = plane->queue[plane->queued].data;
    uint16_t number = *path->counter;
    int length = size;
    if (transport_at) write16(data + transport_at, number);
    if (plane->protect(path->session, data, &length) != 0 || length > STRIDE) {
        plane->dropped++;
        return;
    }
    if (transport_at) {
        struct fanout_record *record = &path->records[number & (HISTORY - 1)];
        record->at = now;
        record->seq = number;
        record->size = (uint16_t)length;
        record->used = 1;
        *path->counter = (uint16_t)(number + 1);
    }
    path->totals[0]++;
    path->totals[1] += (uint64_t)size;
    plane->sent++;
    enqueue(plane, path, length);
}

static void shift_picture(uint8_t *data, const struct shaped *shaped, int bits, const struct output *out) {
    int at = shaped->picture_at;
    if (at && bits == 7 && at < shaped->size)
        data[at] = (uint8_t)((data[at] + out->picture) & 0x7F);
    else if (at && bits >= 15 && at + 2 <= shaped->size)
        write16(data + at, bits == 16 ? read16(data + at) + out->picture
                                      : 0x8000 | ((read16(data + at) + out->picture) & 0x7FFF));
    if (shaped->tl0_at && shaped->tl0_at < shaped->size) data[shaped->tl0_at] += out->tl0;
}

static void push_one(struct fanout_plane *plane, double now, const struct piece *piece, const struct shaped *shaped,
                     const struct output *out) {
    const uint8_t *packet = piece->packet;
    uint8_t *data = plane->queue[plane->queued].data;
    memcpy(data, shaped->data, (size_t)shaped->size);
    data[1] = (uint8_t)(out->payload_type | (packet[1] & 0x80));
    write16(data + 2, read16(packet + 2) + out->seq);
    write32(data + 4, read32(packet + 4) + out->timestamp);
    write32(data + 8, out->ssrc);
    shift_picture(data, shaped, piece->picture_bits, out);
    finish(plane, now, out->path, shaped->size, shaped->transport_at);
}

/* Packets of one stream to each output; all of them to one after the other, whose session is then at hand. */
static void push(struct fanout_plane *plane, double now, const struct piece *pieces, int number,
                 const uint32_t *outputs, int count) {
    struct shaped shaped[RUN];
    int fits[RUN];
    const uint8_t *table = NULL;
    for (int index = 0; index < count; index++) {
        if (outputs[index] >= plane->room) continue;
        const struct output *out = &plane->outputs[outputs[index]];
        if (out->path == NULL || !out->set || out->path->session == NULL) continue;
        /* receivers of the same browser share their table: the packets are shaped once for all of them */
        if (table == NULL || memcmp(table, out->table, TABLE) != 0) {
            table = out->table;
            for (int place = 0; place < number; place++) {
                const struct piece *piece = &pieces[place];
                fits[place] =
                    shape(piece->packet, piece->size, table, piece->picture_at, piece->tl0_at, &shaped[place]);
            }
        }
        for (int place = 0; place < number; place++) {
            if (fits[place])
                push_one(plane, now, &pieces[place], &shaped[place], out);
            else
                plane->dropped++;
        }
    }
}

void fanout_push(struct fanout_plane *plane, double now, const uint8_t *packet, int size, int picture_at,
                 int picture_bits, int tl0_at, const uint32_t *outputs, int count) {
    struct piece piece = {packet, size, picture_at, picture_bits, tl0_at};
    if (size >= 12) push(plane, now, &piece, 1, outputs, count);
}

void fanout_send(struct fanout_plane *plane, double now, const struct fanout_path *path, const uint8_t *packet,
                 int size, int transport_at) {
    if (path->session == NULL) return;
    if (size < 12 || size > MAX_PACKET || transport_at < 0 || transport_at + 2 > size) {
        plane->dropped++;
        return;
    }
    memcpy(plane->queue[plane->queued].data, packet, (size_t)size);
    finish(plane, now, path, size, transport_at);
}

void fanout_send_rtcp(struct fanout_plane *plane, const struct fanout_path *path, const uint8_t *packet, int size) {
    if (path->session == NULL) return;
    int length = size;
    uint8_t *data = plane->queue[plane->queued].data;
    if (size < 0 || size > MAX_PACKET) {
        plane->dropped++;
        return;
    }
    memcpy(data, packet, (size_t)size);
    if (plane->protect_rtcp(path->session, data, &length) != 0 || length > STRIDE)
        plane->dropped++;
    else
        enqueue(plane, path, length);
}

#include "_fanout_inbox.c"
