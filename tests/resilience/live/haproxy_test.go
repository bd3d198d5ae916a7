package live_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
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
// on all of them.
func TestThreeInstancesBehindHAProxy(t *testing.T) {
	t.Parallel()
	database := pgtest.URL(t)
	s := startSite(t, database, database, database)
	s.balance()
	entries, pace := int64(400), 50*time.Millisecond
	if programtest.Long() {
		entries = 4_000
	}
	followers := s.follow(entries)
	restarted := make(chan int)
	go func() {
		n := 0
		for i := range s.instances {
			s.restart(i)
			n++
		}
		restarted <- n
	}()
	s.writeAll(entries, pace)
	n := <-restarted
	t.Logf("%d entries, %d restarts, %d connections of %d followers", entries, n, followers.judge(entries), len(followers.list))

	members := map[*websocket.Conn]bool{}
	for range 6 { // two on each instance, by turns
		members[s.member()] = true
	}
	ended := make(chan struct{})
	var sending sync.WaitGroup
	sending.Go(func() { // again until all have it, since an instance may not listen yet
		for ; ; time.Sleep(200 * time.Millisecond) {
			select {
			case <-ended:
				return
			default:
				s.broadcast()
			}
		}
	})
	for conn := range members {
		waitFor(t, conn, `"event":"say"`)
	}
	close(ended)
	sending.Wait()
}

// broadcast sends a broadcast through HAProxy.
func (s *site) broadcast() {
	r, err := http.NewRequestWithContext(s.Context(), http.MethodPost, s.balancer+"/realtime/v1/api/broadcast", strings.NewReader(`{"messages":[{"topic":"room","event":"say","payload":{"n":1}}]}`))
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

// member joins a channel by a socket.
func (s *site) member() *websocket.Conn {
	s.Helper()
	conn, _, err := websocket.Dial(s.Context(), "ws"+strings.TrimPrefix(s.any(), "http")+"/realtime/v1/websocket?vsn=2.0.0", nil)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = conn.CloseNow() })
	if err := conn.Write(s.Context(), websocket.MessageText, []byte(`["1","1","realtime:room","phx_join",{"config":{}}]`)); err != nil {
		s.Fatal(err)
	}
	waitFor(s.T, conn, `"status":"ok"`)
	return conn
}

// waitFor reads frames until one has a text.
func waitFor(t *testing.T, conn *websocket.Conn, part string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		_, text, err := conn.Read(ctx)
		if err != nil {
			t.Fatalf("no %s: %v", part, err)
		}
		if strings.Contains(string(text), part) {
			return
		}
	}
}
