/* The load generator: many members of many rooms on one thread, spoken to over connections that are open already.

   load_add       takes an open WebSocket connection (a socket with its handshake done) into a room
   load_drain     reads and throws away until nothing has come for a while; answers pings and heartbeats
   load_run       sends prepared commands and follows every event to every member until all have arrived

   Commands are complete, masked messages that were made in advance. Each carries a marker, which comes back in its
   event: a needle, then the sender and the number of the command (4 bytes each, or 8 hexadecimal digits). Every member
   must see every command of its room once, each sender's in order, all members in the same order, and, where the
   server numbers events, with the next number right before the marker. Anything else ends the run with an error. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BUFFER (4 << 20)
#define STALLED_NS 10000000000ll

typedef struct {
    int fd, room;
    uint8_t *held; /* the beginning of a frame whose rest has not come */
    size_t held_length;
    uint64_t seq;   /* number of the last event seen */
    uint64_t order; /* a hash of the order in which commands were seen */
    uint32_t *next; /* by sender of the room: the number of the command expected next */
} connection;

typedef struct {
    int connection;           /* whose commands these are */
    int count;                /* commands */
    const uint8_t *bytes;     /* all of them, one after the other */
    const int64_t *starts;    /* where each begins, and the end of the last */
    int first;                /* index of its first command among all */
    int place;                /* among the senders of its room */
    int sent;
} sender;

typedef struct {
    int senders, rooms, total, warm, window, scheduled;
    const int *due_sender;        /* paced: whose command is sent */
    const int64_t *due_ns;        /* and when, from the start */
    const char *needle;
    int needle_length, hex, numbered; /* numbered: 0 not, 1 as MessagePack, 2 as JSON */
    int echoes;                   /* whether senders see their own commands */
    const uint64_t *base;         /* by room: the number of the last event before the run */
    const char *heartbeat, *answer;
    int heartbeat_length, answer_length;
    int server;                   /* its process */
    int64_t *latency_ns;          /* out, by command: from the command to the last member's receipt */
    int64_t window_ns, server_cpu_ns, load_cpu_ns, deliveries, commands; /* out, after the warm-up */
    char error[200];              /* out */
} plan;

static connection *connections;
static int count, room_for, epoll = -1;
static uint8_t buffer[BUFFER];
static plan *running;
static sender *senders;
static int *room_size;
static int64_t *sent_at;
static int *receipts_left;
static int done;
static int64_t window_began, server_began, load_began, deliveries;

static int64_t clock_of(clockid_t id) {
    struct timespec t;
    if (clock_gettime(id, &t)) return 0;
    return t.tv_sec * 1000000000ll + t.tv_nsec;
}
static int64_t now(void) { return clock_of(CLOCK_MONOTONIC); }
static int64_t server_cpu(void) { return clock_of((~(clockid_t)running->server << 3) | 2); }

static int fail(const char *what, int member) {
    if (!running->error[0]) snprintf(running->error, sizeof running->error, "%s (connection %d)", what, member);
    return -1;
}

int load_add(int fd, int room) {
    if (epoll < 0) epoll = epoll_create1(0);
    if (count == room_for) connections = realloc(connections, sizeof *connections * (room_for = room_for * 2 + 64));
    connections[count] = (connection){.fd = fd, .room = room};
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    struct epoll_event e = {.events = EPOLLIN, .data.u32 = count};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e);
    return count++;
}

void load_clear(void) {
    for (int i = 0; i < count; i++) { free(connections[i].held); free(connections[i].next); }
    count = 0;
    if (epoll >= 0) close(epoll);
    epoll = -1;
}

static int put(connection *c, const void *bytes, size_t length) {
    return send(c->fd, bytes, length, MSG_NOSIGNAL) == (ssize_t)length ? 0 : fail("a command could not be sent", c - connections);
}

static int answer_ping(connection *c, const uint8_t *payload, size_t length) {
    uint8_t frame[6 + 125] = {0x8a, 0x80 | length, 0, 0, 0, 0};
    memcpy(frame + 6, payload, length);
    return put(c, frame, 6 + length);
}

static uint32_t value_at(const uint8_t *p, int hex) {
    uint32_t value = 0;
    if (!hex) return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
    for (int i = 0; i < 8; i++) value = value << 4 | (p[i] <= '9' ? p[i] - '0' : p[i] - 'a' + 10);
    return value;
}

/* What must stand before the marker of the event with this number. */
static int before(uint64_t seq, uint8_t *out) {
    if (running->numbered == 2) return sprintf((char *)out, "\"seq\":%llu,\"id\":\"", (unsigned long long)seq);
    int n = 0;
    if (seq < 128) out[n++] = seq;
    else if (seq < 256) { out[n++] = 0xcc; out[n++] = seq; }
    else if (seq < 65536) { out[n++] = 0xcd; out[n++] = seq >> 8; out[n++] = seq; }
    else { out[n++] = 0xce; for (int s = 24; s >= 0; s -= 8) out[n++] = seq >> s; }
    out[n++] = 0xc4; out[n++] = 16;
    return n;
}

static int numbered_next(const connection *c, const uint8_t *payload, const uint8_t *hit) {
    uint8_t wanted[40];
    int length = before(c->seq + 1, wanted);
    return hit - payload >= length && !memcmp(hit - length, wanted, length);
}

static int send_next(sender *s) {
    int k = s->sent++;
    sent_at[s->first + k] = now();
    return put(&connections[s->connection], s->bytes + s->starts[k], s->starts[k + 1] - s->starts[k]);
}

static void window_begins(void) {
    window_began = now();
    server_began = server_cpu();
    load_began = clock_of(CLOCK_PROCESS_CPUTIME_ID);
    deliveries = 0;
}

static int arrived(sender *s, int number, int64_t at) {
    int command = s->first + number;
    deliveries++;
    if (--receipts_left[command]) return 0;
    running->latency_ns[command] = at - sent_at[command];
    if (++done == running->warm) window_begins();
    return running->window && s->sent < s->count ? send_next(s) : 0;
}

static int look(connection *c, const uint8_t *payload, size_t length, int64_t at) {
    plan *p = running;
    if (p->heartbeat_length && length == (size_t)p->heartbeat_length && !memcmp(payload, p->heartbeat, length))
        return put(c, p->answer, p->answer_length);
    const uint8_t *end = payload + length, *from = payload, *hit;
    size_t digits = p->hex ? 16 : 8;
    while (p->senders && (hit = memmem(from, end - from, p->needle, p->needle_length))) {
        const uint8_t *tail = hit + p->needle_length;
        if (tail + digits > end) break;
        from = tail + digits;
        uint32_t whose = value_at(tail, p->hex), number = value_at(tail + digits / 2, p->hex);
        if (whose >= (uint32_t)p->senders || connections[senders[whose].connection].room != c->room)
            return fail("an event of another room", c - connections);
        sender *s = &senders[whose];
        int counted = p->numbered && numbered_next(c, payload, hit);
        if (number < c->next[s->place]) {
            if (counted) return fail("an event came twice", c - connections);
            continue; /* a later event names this command */
        }
        if (number > c->next[s->place]) return fail("an event is missing", c - connections);
        if (p->numbered && !counted) return fail("an event has the wrong number", c - connections);
        c->next[s->place]++;
        c->seq++;
        c->order = c->order * 1099511628211ull + whose + 1;
        if (arrived(s, number, at)) return -1;
    }
    return 0;
}

/* Reads what one connection has, and looks at each whole message in it. */
static int take(connection *c) {
    memcpy(buffer, c->held, c->held_length);
    ssize_t got = recv(c->fd, buffer + c->held_length, BUFFER - c->held_length, 0);
    if (got < 0 && errno == EAGAIN) return 0;
    if (got <= 0) return fail("a connection ended", c - connections);
    int64_t at = now();
    size_t end = c->held_length + got, start = 0;
    while (end - start >= 2) {
        uint8_t *f = buffer + start;
        size_t head = 2, length = f[1] & 127;
        if (length == 126) { head = 4; if (end - start < 4) break; length = f[2] << 8 | f[3]; }
        else if (length == 127) {
            head = 10;
            if (end - start < 10) break;
            length = 0;
            for (int i = 2; i < 10; i++) length = length << 8 | f[i];
        }
        if (end - start < head + length) break;
        int opcode = f[0] & 15;
        if (opcode == 8) return fail("a connection was closed", c - connections);
        if (opcode == 9) { if (answer_ping(c, f + head, length)) return -1; }
        else if (opcode != 10 && look(c, f + head, length, at)) return -1;
        start += head + length;
    }
    c->held_length = end - start;
    free(c->held);
    c->held = NULL;
    if (c->held_length) {
        c->held = malloc(c->held_length);
        memcpy(c->held, buffer + start, c->held_length);
    }
    return 0;
}

static int turn(int64_t wait_ns) {
    struct epoll_event events[256];
    struct timespec t = {wait_ns / 1000000000, wait_ns % 1000000000};
    int n = epoll_pwait2(epoll, events, 256, &t, NULL);
    for (int i = 0; i < n; i++)
        if (take(&connections[events[i].data.u32])) return -1;
    return n;
}

int load_drain(plan *p, int quiet_ms) {
    running = p;
    int n, senders_before = p->senders;
    p->senders = 0;
    while ((n = turn(quiet_ms * 1000000ll)) > 0) {}
    p->senders = senders_before;
    return n;
}

static int prepare(sender *all) {
    plan *p = running;
    senders = all;
    room_size = calloc(p->rooms, sizeof *room_size);
    int *places = calloc(p->rooms, sizeof *places);
    for (int i = 0; i < count; i++) room_size[connections[i].room]++;
    sent_at = calloc(p->total, sizeof *sent_at);
    receipts_left = calloc(p->total, sizeof *receipts_left);
    for (int i = 0; i < p->senders; i++) {
        sender *s = &senders[i];
        int room = connections[s->connection].room;
        s->place = places[room]++;
        for (int k = 0; k < s->count; k++) receipts_left[s->first + k] = room_size[room] - !p->echoes;
    }
    for (int i = 0; i < count; i++) {
        connection *c = &connections[i];
        free(c->next);
        c->next = calloc(places[c->room] + 1, sizeof *c->next);
        c->seq = p->base[c->room];
        c->order = 0;
    }
    free(places);
    return 0;
}

static int same_order(void) {
    uint64_t *order = calloc(running->rooms, sizeof *order);
    int same = 1;
    for (int i = 0; i < count; i++) {
        uint64_t *first = &order[connections[i].room];
        if (!*first) *first = connections[i].order;
        same = same && *first == connections[i].order;
    }
    free(order);
    return same || !running->echoes;
}

static int pump(void) {
    plan *p = running;
    int64_t began = now(), last = began;
    int next = 0, before_turn;
    if (p->warm == 0) window_begins();
    for (int i = 0; i < p->senders; i++)
        for (int k = 0; k < p->window && k < senders[i].count; k++)
            if (send_next(&senders[i])) return -1;
    while (done < p->total) {
        int64_t at = now(), wait = 100000000;
        for (; next < p->scheduled && began + p->due_ns[next] <= at; next++)
            if (send_next(&senders[p->due_sender[next]])) return -1;
        if (next < p->scheduled && began + p->due_ns[next] - at < wait) wait = began + p->due_ns[next] - at;
        before_turn = done;
        if (turn(wait) < 0) return -1;
        if (done > before_turn) last = now();
        if (now() - last > STALLED_NS) return fail("events do not come any more", -1);
    }
    p->window_ns = now() - window_began;
    p->server_cpu_ns = server_cpu() - server_began;
    p->load_cpu_ns = clock_of(CLOCK_PROCESS_CPUTIME_ID) - load_began;
    p->deliveries = deliveries;
    p->commands = p->total - p->warm;
    return same_order() ? 0 : fail("not all members saw the same order", -1);
}

int load_run(plan *p, sender *all) {
    running = p;
    done = 0;
    prepare(all);
    int failed = pump();
    free(room_size); free(sent_at); free(receipts_left);
    return failed;
}
