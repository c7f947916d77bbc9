/* The data plane in C, as `fanout_c.py` sees it through cffi: declarations only, read by C and by cffi alike. */

typedef int (*fanout_protect)(void *session, void *packet, int *length);
typedef int (*fanout_give)(void *owner, uint32_t path, const uint8_t *datagram, int size);

/* One number of `sent.py`. */
struct fanout_record {
    double at;
    uint16_t seq;
    uint16_t size;
    uint32_t used;
};

/* Where one connection's packets go. All memory belongs to Python, which keeps it as long as an output is here. */
struct fanout_path {
    void *session;         /* srtp_t, or NULL once the path is closed */
    const int *descriptor; /* of the socket, -1 once that is closed; NULL: Python is given the datagram */
    uint8_t name[28];      /* struct sockaddr_in or sockaddr_in6 */
    uint32_t name_size;
    uint32_t id;
    uint16_t *counter;     /* the next transport-wide number */
    struct fanout_record *records;
    uint64_t *totals;      /* RTP packets and their bytes before encryption */
};

/* One packet of a ring: `RECORD` of nack.py. */
struct fanout_kept {
    uint64_t start; /* among all bytes that were ever written */
    uint16_t seq;
    uint16_t size;
    uint32_t used;
};

/* One transport-wide number that came: `ARRIVAL` of reception.py. */
struct fanout_arrival {
    double at;
    uint16_t seq;
    uint8_t unused[6];
};

/* One incoming stream. First what `Progress` of reception.py has too, and Python reads and writes; then what
 * `fanout_arm` is to be told. Rings and loudness belong to Python, which keeps them as long as the stream. */
struct fanout_stream {
    uint16_t seq, picture;
    uint8_t tl0, armed, timed;
    uint32_t timestamp;
    double at, jitter, transit;
    uint64_t received, octets, frames;
    int64_t highest, frame;

    uint32_t ssrc, clock;
    uint8_t payload_type, pictures; /* VP8, else there is nothing to rewrite */
    struct fanout_kept *kept;
    uint32_t kept_mask;
    uint8_t *bytes;
    uint32_t capacity;
    uint64_t *written;
    double *loudness; /* score, heard at; NULL: none */

    uint32_t generation, count, room; /* ours */
    uint32_t *outputs;
};

/* What one sending connection brings. */
struct fanout_intake {
    void *session; /* srtp_t, or NULL once it is closed */
    uint64_t *octets;
    struct fanout_arrival *arrivals;
    uint32_t *noted, room; /* of `arrivals` */
    uint8_t transport_id, level_id;
    uint32_t count;
    struct fanout_stream *streams[64];
};

struct fanout_inbox;

/* A datagram that Python is to look at. */
struct fanout_came {
    const uint8_t *data;
    int size, plain; /* decrypted */
    const uint8_t *name;
    int name_size;
};

struct fanout_plane;

/* `protect` and `protect_rtcp` are libsrtp's; `give` sends a datagram on what is no datagram socket, 0 when refused. */
struct fanout_plane *fanout_new(fanout_protect protect, fanout_protect protect_rtcp, fanout_protect unprotect,
                                fanout_give give, void *owner);
void fanout_free(struct fanout_plane *plane);

/* A new output, or -1 without memory. It sends nothing before `fanout_set`. */
int fanout_add(struct fanout_plane *plane, const struct fanout_path *path);
void fanout_set(struct fanout_plane *plane, uint32_t output, uint32_t ssrc, uint8_t payload_type, uint16_t seq,
                uint32_t timestamp, uint16_t picture, uint8_t tl0, const uint8_t *table);
void fanout_remove(struct fanout_plane *plane, uint32_t output);

/* One decrypted packet to each output; `picture_at` and `tl0_at`: where running numbers lie, 0 for none. */
void fanout_push(struct fanout_plane *plane, double now, const uint8_t *packet, int size, int picture_at,
                 int picture_bits, int tl0_at, const uint32_t *outputs, int count);
void fanout_send(struct fanout_plane *plane, double now, const struct fanout_path *path, const uint8_t *packet,
                 int size, int transport_at);
void fanout_send_rtcp(struct fanout_plane *plane, const struct fanout_path *path, const uint8_t *packet, int size);
void fanout_flush(struct fanout_plane *plane);

/* A stream that nothing has come of. */
struct fanout_stream *fanout_stream_new(void);
void fanout_stream_free(struct fanout_stream *stream);

/* The next packets of the stream go to these outputs without a question; it is entered under its SSRC. Nothing is done
 * without memory or where there is no room: then each of its packets is a question. */
void fanout_arm(struct fanout_plane *plane, struct fanout_intake *intake, struct fanout_stream *stream,
                const uint32_t *outputs, int count);

/* What comes to one socket. All that it is given must live until it is forgotten or the inbox freed. */
struct fanout_inbox *fanout_inbox_new(const int *descriptor);
void fanout_inbox_free(struct fanout_inbox *inbox);
int fanout_route(struct fanout_inbox *inbox, const uint8_t *name, int size, struct fanout_intake *intake);
void fanout_forget(struct fanout_inbox *inbox, const uint8_t *name, int size);

/* Take what waits and needs no decision; 1 at the first that does, which is valid until the next call. `fresh`: the
 * first call of a wake-up. */
int fanout_drain(struct fanout_plane *plane, struct fanout_inbox *inbox, double now, int fresh,
                 struct fanout_came *came);

uint64_t fanout_taken(const struct fanout_plane *plane);
uint64_t fanout_forged(const struct fanout_plane *plane);
uint64_t fanout_sent(const struct fanout_plane *plane);
uint64_t fanout_dropped(const struct fanout_plane *plane);
