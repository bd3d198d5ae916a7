package postgres

import (
	"cmp"
	"net"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// Timeouts for detecting a server that disappeared without closing its connections. A
// busy server still acknowledges what it receives, so they do not limit the duration of
// statements.
const (
	// reachTimeout limits a TCP connect. connectTimeout limits a new connection with
	// all its round trips, TLS and authentication included. A connect_timeout in the
	// URL replaces both.
	reachTimeout, connectTimeout = 5 * time.Second, 10 * time.Second

	// unacknowledged is how long the server's machine may leave bytes without
	// an acknowledgement (RFC 5482), probes of silent connections included.
	unacknowledged = 6 * time.Second

	// probeAfter is the idle time before the kernel sends keep-alive probes, and
	// probePause their interval.
	probeAfter, probePause = 5 * time.Second, 2 * time.Second
)

// dialBy makes connections find out that the server is gone.
func dialBy(c *pgconn.Config) {
	dialer := net.Dialer{
		Timeout:         cmp.Or(c.ConnectTimeout, reachTimeout),
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: probeAfter, Interval: probePause, Count: 2},
		Control:         limitUnacknowledged,
	}
	c.ConnectTimeout = cmp.Or(c.ConnectTimeout, connectTimeout)
	c.DialFunc = dialer.DialContext
}
