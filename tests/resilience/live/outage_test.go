package live_test

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/toxic"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

func patience() time.Duration {
	if programtest.Long() {
		return 5 * time.Minute
	}
	return 90 * time.Second
}

// site are the instances of an application.
type site struct {
	*testing.T

	databases []string // of the instances
	balancer  string   // the URL of a balancer before them, if there is one

	mu        sync.Mutex
	instances []*process
}

// startSite starts an instance for each URL of the database.
func startSite(t *testing.T, databases ...string) *site {
	s := &site{T: t, databases: databases}
	for _, url := range databases {
		s.instances = append(s.instances, startProcess(t, url, ""))
	}
	return s
}

// any is the URL of an instance.
func (s *site) any() string {
	if s.balancer != "" {
		return s.balancer
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.instances[rand.IntN(len(s.instances))].url
}

// kill kills an instance and starts it again.
func (s *site) kill(i int) {
	s.mu.Lock()
	p := s.instances[i]
	s.mu.Unlock()
	p.kill()
	next := startProcess(s, s.databases[i], "")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.instances[i] = next
}

// start is the cursor of now.
func (s *site) start() string {
	s.Helper()
	for end := time.Now().Add(patience()); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		res, err := get(s.Context(), s.any()+"/rest/v1/-/changes?tables=entries")
		if err != nil {
			continue
		}
		var page struct{ Next string }
		err = json.NewDecoder(res.Body).Decode(&page)
		res.Body.Close()
		if err == nil {
			return page.Next
		}
	}
	s.Fatal("no cursor")
	return ""
}

// write adds an entry, again until an instance says that it is there.
func (s *site) write(id int64) {
	client := http.Client{Timeout: 3 * time.Second}
	for end := time.Now().Add(patience()); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		r, err := http.NewRequestWithContext(s.Context(), http.MethodPost, s.any()+"/rest/v1/entries", strings.NewReader(fmt.Sprintf(`{"id":%d,"text":"x"}`, id)))
		if err != nil {
			s.Error(err)
			return
		}
		r.Header.Set("Content-Type", "application/json")
		res, err := client.Do(r)
		if err != nil {
			continue
		}
		_, _ = io.Copy(io.Discard, res.Body)
		res.Body.Close()
		if res.StatusCode == http.StatusCreated || res.StatusCode == http.StatusConflict { // it was written before
			return
		}
	}
	s.Errorf("entry %d was not written", id)
}

// TestNothingIsMissedInOutages has clients of all transports follow a table while connections
// are cut, instances are killed, and one of three is cut off from PostgreSQL for a while. Each
// sees each entry once. PLINTH_TEST_LONG=1 writes 10,000 entries and cuts it off for 30 s.
func TestNothingIsMissedInOutages(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		s := startSite(t, "sqlite:"+filepath.Join(t.TempDir(), "live.db"))
		s.play(func(time.Duration) {})
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		direct := pgtest.URL(t)
		u, err := url.Parse(direct)
		if err != nil {
			t.Fatal(err)
		}
		proxy := toxic.Start(t, u.Host)
		u.Host = proxy.Addr().String()
		s := startSite(t, direct, direct, u.String())
		s.play(func(d time.Duration) {
			proxy.Hold(true)
			time.Sleep(d)
			proxy.Hold(false)
		})
	})
}

// play writes entries while instances are killed and partition cuts one off, and judges what the
// followers saw.
func (s *site) play(partition func(time.Duration)) {
	s.Helper()
	entries, partitionFor, killEach, pace := int64(300), 2*time.Second, 300*time.Millisecond, 20*time.Millisecond
	if programtest.Long() {
		entries, partitionFor, killEach, pace = 10_000, 30*time.Second, 3*time.Second, 40*time.Millisecond
	}
	followers := s.follow(2*time.Second, func() int64 { return entries })
	var writing, faults sync.WaitGroup
	var kills atomic.Int64
	writing.Go(func() { s.writeAll(entries, pace) })
	written := make(chan struct{})
	faults.Go(func() { partition(partitionFor) })
	faults.Go(func() {
		for {
			select {
			case <-written:
				return
			case <-time.After(killEach):
				s.kill(rand.IntN(max(len(s.databases)-1, 1))) // not the one that is cut off
				kills.Add(1)
			}
		}
	})
	begun := time.Now()
	writing.Wait()
	close(written)
	faults.Wait()
	took := time.Since(begun)
	connections := followers.judge(entries)
	s.Logf("%d entries in %v, %d kills, %d connections of %d followers", entries, took, kills.Load(), connections, len(followers.list))
	if kills.Load() == 0 {
		s.Error("no instance was killed")
	}
}

// writeAll writes a number of entries, with a pause after each.
func (s *site) writeAll(entries int64, pace time.Duration) {
	var last atomic.Int64
	s.writeEach(pace, func() (id int64, ok bool) {
		id = last.Add(1)
		return id, id <= entries
	})
}

// writeUntil writes entries until a channel is closed and returns their number.
func (s *site) writeUntil(end <-chan struct{}, pace time.Duration) (entries int64) {
	var last atomic.Int64
	s.writeEach(pace, func() (id int64, ok bool) {
		select {
		case <-end:
			return 0, false
		default:
			return last.Add(1), true
		}
	})
	return last.Load()
}

// writeEach writes the entries of next by eight clients.
func (s *site) writeEach(pace time.Duration, next func() (id int64, ok bool)) {
	var writing sync.WaitGroup
	for range 8 {
		writing.Go(func() {
			for id, ok := next(); ok && s.Context().Err() == nil; id, ok = next() {
				s.write(id)
				time.Sleep(pace)
			}
		})
	}
	writing.Wait()
}
