package redis_test

import (
	"bytes"
	"io"
	"net"
	"sync/atomic"
	"testing"

	"github.com/seed-7694ebf6/plinth/cache/redis"
	"github.com/seed-7694ebf6/plinth/internal/redistest"
	"github.com/seed-7694ebf6/plinth/internal/toxic"
)

// TestPurgeWhileConnecting: what is purged by another process just after this one has read
// what was forgotten before, and before it sends anything more, is forgotten here too.
func TestPurgeWhileConnecting(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	writer := newCache(t, newClient(t, redis.ClientOptions{URL: server.URL(), Timeout: patient, ConnectTimeout: patient}), redis.Options[string, string]{})
	set(t, writer, "right", "admin", author)
	var purged atomic.Bool
	proxy := toxic.StartRelay(t, server.Addr(), func(client, server net.Conn) {
		answers := make(chan struct{})
		go func() {
			defer close(answers)
			_, _ = io.Copy(client, server)
			client.Close()
		}()
		asked := false // what was forgotten; nothing more comes before that is answered
		for piece := make([]byte, 16<<10); ; {
			n, err := client.Read(piece)
			if err != nil {
				break
			}
			if asked && !purged.Swap(true) {
				if err := writer.Purge(t.Context(), author.Tags...); err != nil {
					t.Error(err)
				}
			}
			asked = asked || bytes.Contains(piece[:n], []byte("HGETALL"))
			if _, err := server.Write(piece[:n]); err != nil {
				break
			}
		}
		server.Close()
		<-answers
	})
	reader := newCache(t, newClient(t, redis.ClientOptions{URL: "redis://" + proxy.Addr().String(), Timeout: patient, ConnectTimeout: patient}), redis.Options[string, string]{})
	gone(t, reader, "right")
	if !purged.Load() {
		t.Error("nothing was purged: the test proves nothing")
	}
}
