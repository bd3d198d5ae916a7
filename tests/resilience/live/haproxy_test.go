package live_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

const haproxyConfig = `
defaults
    mode http
    timeout connect 2s
    timeout client 65s
    timeout server 65s
    timeout tunnel 1h
    retries 2
    option redispatch 1
frontend all
    bind %s
    default_backend instances
backend instances
    balance roundrobin
    option httpchk
    http-check send meth GET uri /readyz hdr Host localhost
    http-check expect status 200
    default-server inter 100ms fall 1 rise 1
`

// balance starts HAProxy before the instances.
func (s *site) balance() {
	s.Helper()
	path := programtest.Path(s.T, "haproxy")
	servers := ""
	for i, p := range s.instances {
		servers += fmt.Sprintf("    server app%d %s check\n", i, strings.TrimPrefix(p.url, "http://"))
	}
	_, addrs := programtest.Serve(s.T, 1, func(addrs []string) *programtest.Process {
		file := filepath.Join(s.TempDir(), "haproxy.cfg")
		if err := os.WriteFile(file, []byte(fmt.Sprintf(haproxyConfig, addrs[0])+servers), 0o600); err != nil {
			s.Fatal(err)
		}
		return programtest.Start(s.T, nil, path, "-db", "-f", file)
	})
	s.balancer = "http://" + addrs[0]
}

// restart lets an instance drain and starts it again at its address.
func (s *site) restart(i int) {
	s.Helper()
	p := s.instances[i]
	p.stop(s.T)
	s.instances[i] = startProcess(s, s.databases[i], strings.TrimPrefix(p.url, "http://"))
	for end := time.Now().Add(patience()); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if res, err := get(s.Context(), s.instances[i].url+"/readyz"); err == nil {
			res.Body.Close()
			return
		}
	}
	s.Fatal("the instance is not ready")
}

// TestThreeInstancesBehindHAProxy: subscribers of all transports see what is written through any
// instance, while all instances are restarted one after the other. Broadcasts reach the members
// on all of them, once.
func TestThreeInstancesBehindHAProxy(t *testing.T) {
	t.Parallel()
	database := pgtest.URL(t)
	s := startSite(t, database, database, database)
	s.balance()
	rounds := 1
	if programtest.Long() {
		rounds = 20
	}
	var entries atomic.Int64 // 0 until all are written
	followers := s.follow(10*time.Second, entries.Load)
	restarted := make(chan struct{})
	go func() {
		defer close(restarted)
		for range rounds {
			for i := range s.instances {
				s.restart(i)
			}
		}
	}()
	entries.Store(s.writeUntil(restarted, 50*time.Millisecond) + 1)
	s.write(entries.Load()) // those that have the others end now
	connections := followers.judge(entries.Load())
	t.Logf("%d entries, %d restarts, %d connections of %d followers", entries.Load(), rounds*len(s.instances), connections, len(followers.list))
	s.broadcastToAll()
}

// broadcastToAll sends broadcasts through all instances, to two members on each.
func (s *site) broadcastToAll() {
	s.Helper()
	var members []*websocket.Conn
	for _, p := range s.instances {
		members = append(members, s.member(p.url), s.member(p.url))
	}
	ended := make(chan struct{})
	var sending sync.WaitGroup
	sending.Go(func() { // again until all have it, since an instance may not listen yet
		for ; ; time.Sleep(200 * time.Millisecond) {
			select {
			case <-ended:
				return
			default:
				s.broadcast("hello")
			}
		}
	})
	for _, conn := range members {
		s.await(conn, "hello")
	}
	close(ended)
	sending.Wait()
	const broadcasts = 30
	for range broadcasts {
		s.broadcast("count")
	}
	for _, p := range s.instances {
		s.broadcastAt(p.url, "end") // after all that the instance sends
	}
	for i, conn := range members {
		counted := 0
		for range s.instances {
			counted += s.await(conn, "end")["count"]
		}
		if counted != broadcasts {
			s.Errorf("member %d has %d of %d broadcasts", i, counted, broadcasts)
		}
	}
}

// broadcast sends a broadcast through HAProxy.
func (s *site) broadcast(event string) { s.broadcastAt(s.balancer, event) }

func (s *site) broadcastAt(base, event string) {
	body := strings.NewReader(fmt.Sprintf(`{"messages":[{"topic":"room","event":%q,"payload":{}}]}`, event))
	r, err := http.NewRequestWithContext(s.Context(), http.MethodPost, base+"/realtime/v1/api/broadcast", body)
	if err != nil {
		s.Error(err)
		return
	}
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil || res.StatusCode != http.StatusAccepted {
		s.Errorf("a broadcast: %v, %v", res, err)
		return
	}
	res.Body.Close()
}

// member joins a channel by a socket at an instance.
func (s *site) member(base string) *websocket.Conn {
	s.Helper()
	conn, _, err := websocket.Dial(s.Context(), "ws"+strings.TrimPrefix(base, "http")+"/realtime/v1/websocket?vsn=1.0.0", nil)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = conn.CloseNow() })
	if err := conn.Write(s.Context(), websocket.MessageText, []byte(`{"join_ref":"1","ref":"1","topic":"realtime:room","event":"phx_join","payload":{"config":{}}}`)); err != nil {
		s.Fatal(err)
	}
	s.await(conn, "phx_reply")
	return conn
}

// await reads frames until one is of an event or broadcast, and counts the ones before.
func (s *site) await(conn *websocket.Conn, event string) (before map[string]int) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), patience())
	defer cancel()
	before = map[string]int{}
	for {
		_, text, err := conn.Read(ctx)
		if err != nil {
			s.Fatalf("no %s: %v", event, err)
		}
		var m struct {
			Event   string
			Payload struct{ Event, Status string }
		}
		if err := json.Unmarshal(text, &m); err != nil || m.Payload.Status == "error" {
			s.Fatalf("%s: %v", text, err)
		}
		got := cmp.Or(m.Payload.Event, m.Event)
		if got == event {
			return before
		}
		before[got]++
	}
}
