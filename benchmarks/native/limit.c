/* The limit: what a server costs that does nothing but number and broadcast. C, epoll, one thread, no handshake.

   limit coalesced|single

   Prints "listening PORT". A connection's first message names its room (4 bytes); it is answered by an empty message.
   Every other message is a command: 16 bytes of id after 8 of anything. Its event is a MessagePack array like an entry
   of Evenly, as long as one: number, id, time, seat, counter, and what happened. `single` writes each event to each
   member at once; `coalesced` writes all events of one turn of the loop together. */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ROOMS 1024
#define CONNECTIONS 65536
#define EVENT 66

static struct { int *fds, count, room_for; uint8_t *out; size_t length, capacity; uint32_t seq; int dirty; } rooms[ROOMS];
static struct { int room, seat; uint32_t counter; } seats[CONNECTIONS];
static int single, dirty[ROOMS], dirty_count;

static void stop(const char *why) { perror(why); exit(1); }

static void put(int fd, const uint8_t *bytes, size_t length) {
    if (send(fd, bytes, length, MSG_NOSIGNAL) != (ssize_t)length) stop("a member does not keep up");
}

static void flush(int r) {
    for (int i = 0; i < rooms[r].count; i++) put(rooms[r].fds[i], rooms[r].out, rooms[r].length);
    rooms[r].length = rooms[r].dirty = 0;
}

static uint8_t *number(uint8_t *p, uint64_t value) {
    if (value < 128) *p++ = value;
    else if (value < 256) { *p++ = 0xcc; *p++ = value; }
    else if (value < 65536) { *p++ = 0xcd; *p++ = value >> 8; *p++ = value; }
    else if (value >> 32 == 0) { *p++ = 0xce; for (int s = 24; s >= 0; s -= 8) *p++ = value >> s; }
    else { *p++ = 0xcf; for (int s = 56; s >= 0; s -= 8) *p++ = value >> s; }
    return p;
}

static void command(int fd, const uint8_t *payload, size_t length) {
    if (length < 24) { fprintf(stderr, "not a command\n"); exit(1); }
    int r = seats[fd].room;
    if (rooms[r].capacity - rooms[r].length < 2 + EVENT)
        rooms[r].out = realloc(rooms[r].out, rooms[r].capacity = rooms[r].capacity * 2 + 4096);
    uint8_t *frame = rooms[r].out + rooms[r].length, *p = frame + 2;
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    memset(frame, 0, 2 + EVENT);
    frame[0] = 0x82; frame[1] = EVENT;
    *p++ = 0x96;
    p = number(p, ++rooms[r].seq);
    *p++ = 0xc4; *p++ = 16;
    memcpy(p, payload + 8, 16); p += 16;
    p = number(p, t.tv_sec * 1000ull + t.tv_nsec / 1000000);
    p = number(p, seats[fd].seat);
    number(p, ++seats[fd].counter);
    rooms[r].length += 2 + EVENT;
    if (single) flush(r);
    else if (!rooms[r].dirty) { rooms[r].dirty = 1; dirty[dirty_count++] = r; }
}

static void message(int fd, const uint8_t *payload, size_t length) {
    if (seats[fd].seat) { command(fd, payload, length); return; }
    int r = payload[0] << 24 | payload[1] << 16 | payload[2] << 8 | payload[3];
    if (length != 4 || r < 0 || r >= ROOMS) { fprintf(stderr, "not a room\n"); exit(1); }
    if (rooms[r].count == rooms[r].room_for)
        rooms[r].fds = realloc(rooms[r].fds, sizeof(int) * (rooms[r].room_for = rooms[r].room_for * 2 + 16));
    rooms[r].fds[rooms[r].count++] = fd;
    seats[fd].room = r;
    seats[fd].seat = rooms[r].count;
    seats[fd].counter = 0;
    put(fd, (const uint8_t *)"\x82\0", 2);
}

/* Commands are far shorter than a segment: a frame that is cut in two does not occur, and would end the program. */
static int take(int fd) {
    static uint8_t in[1 << 16];
    ssize_t got = recv(fd, in, sizeof in, 0);
    if (got <= 0) { close(fd); return 0; }
    for (uint8_t *f = in, *end = in + got; f < end;) {
        size_t length = f[1] & 127, head = 2;
        if (length == 126) { length = f[2] << 8 | f[3]; head = 4; }
        if ((f[0] & 15) != 2 || !(f[1] & 128) || f + head + 4 + length > end) { fprintf(stderr, "not a message\n"); exit(1); }
        uint8_t *mask = f + head, *payload = mask + 4;
        for (size_t i = 0; i < length; i++) payload[i] ^= mask[i & 3];
        message(fd, payload, length);
        f = payload + length;
    }
    return 1;
}

int main(int argc, char **argv) {
    if (argc != 2) { fprintf(stderr, "limit coalesced|single\n"); return 2; }
    single = !strcmp(argv[1], "single");
    struct rlimit files = {CONNECTIONS - 1, CONNECTIONS - 1};
    setrlimit(RLIMIT_NOFILE, &files);
    int listener = socket(AF_INET, SOCK_STREAM, 0), epoll = epoll_create1(0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    if (bind(listener, (struct sockaddr *)&at, size) || listen(listener, 4096)) stop("listen");
    getsockname(listener, (struct sockaddr *)&at, &size);
    printf("listening %d\n", ntohs(at.sin_port));
    fflush(stdout);
    struct epoll_event e = {.events = EPOLLIN, .data.fd = listener}, events[256];
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &e);
    for (;;) {
        int n = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < n; i++) {
            if (events[i].data.fd != listener) { take(events[i].data.fd); continue; }
            int fd = accept(listener, NULL, NULL), one = 1;
            if (fd < 0 || fd >= CONNECTIONS) stop("accept");
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            seats[fd].seat = 0;
            e = (struct epoll_event){.events = EPOLLIN, .data.fd = fd};
            epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e);
        }
        for (int i = 0; i < dirty_count; i++) flush(dirty[i]);
        dirty_count = 0;
    }
}
