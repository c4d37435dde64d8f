/* The floor: one epoll loop that answers every request with the same redirect. It looks at nothing but
   where a request ends, so that what any server does beyond system calls is what it costs more. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static const char answer[] =
    "HTTP/1.1 308 Permanent Redirect\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
    "Content-Length: 0\r\nCache-Control: private, max-age=90\r\n"
    "Location: https://example.com/articles/0123456789abcdef\r\n\r\n";

int main(int count, char **arguments) {
  if (count != 2) return 64;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons(atoi(arguments[1])),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (bind(listener, (void *)&address, sizeof address) || listen(listener, 4096)) return 1;
  int poll = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[512];
  epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
  static char bytes[16384], out[sizeof answer * 512];
  for (;;) {
    int ready = epoll_wait(poll, events, 512, -1);
    for (int index = 0; index < ready; index++) {
      int client = events[index].data.fd;
      if (client == listener) {
        while ((client = accept4(listener, 0, 0, SOCK_NONBLOCK)) >= 0) {
          setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
          event.data.fd = client;
          epoll_ctl(poll, EPOLL_CTL_ADD, client, &event);
        }
        continue;
      }
      ssize_t length = recv(client, bytes, sizeof bytes, 0);
      if (length <= 0) {
        close(client);
        continue;
      }
      size_t filled = 0;
      for (char *at = bytes; (at = memmem(at, bytes + length - at, "\r\n\r\n", 4)); at += 4) {
        if (filled + sizeof answer > sizeof out) break;
        memcpy(out + filled, answer, sizeof answer - 1);
        filled += sizeof answer - 1;
      }
      if (filled && send(client, out, filled, MSG_NOSIGNAL) < 0) close(client);
    }
  }
}
