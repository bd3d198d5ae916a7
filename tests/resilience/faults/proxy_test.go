package faults_test

import (
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/testkit/toxic"
)

// proxy stands between an application and PostgreSQL. It counts what a client
// executes and cuts its connection there: before the server has seen it, or
// after the server has done it.
type proxy struct{ plan *plan }

// startProxy returns the URL by which a database is reached through a proxy.
func startProxy(tb testing.TB, rawURL string, p *plan) string {
	tb.Helper()
	u, err := url.Parse(rawURL)
	if err != nil {
		tb.Fatal(err)
	}
	x := &proxy{plan: p}
	u.Host = toxic.StartRelay(tb, u.Host, x.serve).Addr().String()
	query := u.Query()
	query.Set("sslmode", "disable") // the proxy reads what is sent
	u.RawQuery = query.Encode()
	return u.String()
}

// serve passes one connection on until either side or a fault ends it.
func (x *proxy) serve(client, server net.Conn) {
	lost := make(chan struct{})
	go func() {
		defer client.Close()
		defer server.Close()
		x.answers(server, client, lost)
	}()
	x.asks(client, server, lost)
}

// asks passes on what a client sends. A message is a type, a length that counts
// itself, and so many bytes; the first one has no type.
func (x *proxy) asks(client io.Reader, server io.Writer, lost chan<- struct{}) {
	started := false
	for {
		message, err := readMessage(client, started)
		if err != nil {
			return
		}
		if started && (message[0] == 'Q' || message[0] == 'E') {
			switch x.plan.step() {
			case cut:
				return
			case unknown:
				close(lost)
			}
		}
		started = true
		if _, err := server.Write(message); err != nil {
			return
		}
	}
}

// answers passes on what a server sends. Once the answer is to be lost, it ends
// when the server is ready for more and so has done what it was asked.
func (x *proxy) answers(server io.Reader, client io.Writer, lost <-chan struct{}) {
	for {
		message, err := readMessage(server, true)
		if err != nil {
			return
		}
		select {
		case <-lost:
			if message[0] == 'Z' {
				return
			}
			continue
		default:
		}
		if _, err := client.Write(message); err != nil {
			return
		}
	}
}

// readMessage reads one message of PostgreSQL's protocol (version 3).
func readMessage(r io.Reader, typed bool) ([]byte, error) {
	head := 4
	if typed {
		head = 5
	}
	message := make([]byte, head, 512)
	if _, err := io.ReadFull(r, message); err != nil {
		return nil, err
	}
	size := int(binary.BigEndian.Uint32(message[head-4:])) - 4
	message = append(message, make([]byte, size)...)
	_, err := io.ReadFull(r, message[head:])
	return message, err
}
