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

struct fanout_plane;

/* `protect` and `protect_rtcp` are libsrtp's; `give` sends a datagram on what is no datagram socket, 0 when refused. */
struct fanout_plane *fanout_new(fanout_protect protect, fanout_protect protect_rtcp, fanout_give give, void *owner);
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

uint64_t fanout_sent(const struct fanout_plane *plane);
uint64_t fanout_dropped(const struct fanout_plane *plane);
