package live_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// follower is a client that follows the entries over connections that end, at any instance.
type follower struct {
	site  *site
	since string         // where it continues
	seen  map[int64]int  // how often it has seen each entry
	wrong map[string]int // what was never to happen

	done     func(*follower) bool
	longest  time.Duration // of a connection
	resyncs  int
	mayReset bool // changes may be lost: it reads the list again

	cancel      context.CancelFunc // of the connection
	connections int
}

// transports follow by one connection until it ends.
var transports = map[string]func(f *follower, ctx context.Context, base string) error{
	"events": (*follower).stream, "poll": (*follower).poll, "socket": (*follower).socket,
}

// followers are two clients of each transport.
type followers struct {
	site   *site
	list   []*follower
	ending sync.WaitGroup
}

// follow starts clients that end when they have seen a number of entries, which is 0 while it is
// unknown. Their connections last at most longest.
func (s *site) follow(longest time.Duration, entries func() int64) *followers {
	fs := &followers{site: s}
	start := s.start()
	for _, connect := range transports {
		for range 2 {
			f := &follower{
				site: s, since: start, seen: map[int64]int{}, wrong: map[string]int{}, longest: longest,
				done: func(f *follower) bool {
					n := entries()
					return n > 0 && int64(len(f.seen)) >= n
				},
			}
			fs.list = append(fs.list, f)
			fs.ending.Go(func() { f.follow(connect) })
		}
	}
	return fs
}

// judge waits for the clients. Each has seen each entry once. It returns the number of their
// connections.
func (fs *followers) judge(entries int64) (connections int) {
	fs.site.Helper()
	fs.ending.Wait()
	for i, f := range fs.list {
		missed, doubled := 0, 0
		for id := int64(1); id <= entries; id++ {
			switch n := f.seen[id]; {
			case n == 0:
				missed++
			case n > 1:
				doubled++
			}
		}
		if missed+doubled+len(f.wrong) > 0 {
			fs.site.Errorf("follower %d: %d missed, %d doubled, %v", i, missed, doubled, f.wrong)
		}
		connections += f.connections
	}
	return connections
}

// follow calls connect, which follows by one connection, until all is there.
func (f *follower) follow(connect func(f *follower, ctx context.Context, base string) error) {
	for end := time.Now().Add(patience()); time.Now().Before(end) && !f.done(f); {
		var ctx context.Context
		ctx, f.cancel = context.WithTimeout(f.site.Context(), 50*time.Millisecond+rand.N(f.longest))
		f.connections++
		if connect(f, ctx, f.site.any()) != nil {
			time.Sleep(20 * time.Millisecond)
		}
		f.cancel()
	}
}

// resync reads the list again, where changes may be lost.
func (f *follower) resync(ctx context.Context, base string) {
	f.resyncs++
	if !f.mayReset {
		f.wrong["resync"]++
		return
	}
	since := f.site.start()
	res, err := get(ctx, base+"/rest/v1/entries?select=id")
	if err != nil {
		return // the next connection is told again
	}
	defer res.Body.Close()
	var rows []Entry
	if err := json.NewDecoder(res.Body).Decode(&rows); err != nil {
		return
	}
	f.since, f.seen = since, map[int64]int{}
	for _, e := range rows {
		f.seen[e.ID]++
	}
}

func (f *follower) saw(row json.RawMessage) {
	var e Entry
	if err := json.Unmarshal(row, &e); err != nil || e.ID == 0 {
		f.wrong[fmt.Sprintf("row %s", row)]++
	}
	f.seen[e.ID]++
	if f.done(f) {
		f.cancel()
	}
}

// changes are events of streams and long polls.
type changes []struct {
	Op  string
	Row json.RawMessage
}

func (f *follower) apply(list changes) {
	for _, c := range list {
		if c.Op != "insert" {
			f.wrong["op "+c.Op]++
		}
		f.saw(c.Row)
	}
}

// get sends a request with pairs of header fields. Another status than 200 is an error.
func get(ctx context.Context, address string, header ...string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	for pair := range slices.Chunk(header, 2) {
		r.Header.Set(pair[0], pair[1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		res.Body.Close()
		return nil, fmt.Errorf("status %d", res.StatusCode)
	}
	return res, nil
}

// stream follows by server-sent events.
func (f *follower) stream(ctx context.Context, base string) error {
	res, err := get(ctx, base+"/rest/v1/-/live/entries", "Last-Event-ID", f.since)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	var name, id, data string
	for lines := bufio.NewReader(res.Body); ; {
		line, err := lines.ReadString('\n')
		if err != nil {
			return err
		}
		field, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch field {
		case "event":
			name = value
		case "id":
			id = value
		case "data":
			data = value
		case "": // the end of an event
			var list changes
			switch {
			case name == "resync":
				f.resync(ctx, base)
				return nil
			case name == "changes" && json.Unmarshal([]byte(data), &list) != nil:
				f.wrong[data]++
			}
			f.apply(list)
			if id != "" {
				f.since = id
			}
			name, id, data = "", "", ""
		}
	}
}

// poll follows by long polls.
func (f *follower) poll(ctx context.Context, base string) error {
	for {
		res, err := get(ctx, base+"/rest/v1/-/changes?tables=entries&wait=1&since="+url.QueryEscape(f.since))
		if err != nil {
			return err
		}
		var page struct {
			Changes changes
			Next    string
			Resync  bool
		}
		err = json.NewDecoder(res.Body).Decode(&page)
		res.Body.Close()
		if err != nil {
			return err
		}
		if page.Resync {
			f.resync(ctx, base)
			return nil
		}
		f.apply(page.Changes)
		f.since = page.Next
	}
}

// socket follows by a WebSocket. It tells its cursor from time to time: what came after the
// last one is forgotten with the connection.
func (f *follower) socket(ctx context.Context, base string) error {
	conn, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(base, "http")+"/realtime/v1/websocket?vsn=2.0.0", nil)
	if err != nil {
		return err
	}
	defer conn.CloseNow()
	conn.SetReadLimit(1 << 20)
	kept := maps.Clone(f.seen)
	defer func() {
		if !f.done(f) {
			f.seen = kept
		}
	}()
	join := fmt.Sprintf(`["1","1","realtime:a","phx_join",{"config":{"postgres_changes":[{"event":"*","schema":"public","table":"entries","since":%q}]}}]`, f.since)
	if err := conn.Write(ctx, websocket.MessageText, []byte(join)); err != nil {
		return err
	}
	for {
		_, text, err := conn.Read(ctx)
		if err != nil {
			return err
		}
		var m []json.RawMessage
		var p struct {
			Status, Since string
			Data          struct{ Record json.RawMessage }
			Message       string
			Response      struct{ Reason string }
		}
		if json.Unmarshal(text, &m) != nil || len(m) != 5 || json.Unmarshal(m[4], &p) != nil {
			f.wrong[string(text)]++
			return nil
		}
		switch {
		case strings.Contains(p.Response.Reason+p.Message, "changes are lost"):
			f.resync(ctx, base)
			kept = f.seen
			return nil
		case p.Status == "error" || string(m[3]) == `"phx_close"`:
			return fmt.Errorf("%s", text)
		case p.Since != "":
			f.since, kept = p.Since, maps.Clone(f.seen)
		case string(m[3]) == `"postgres_changes"`:
			f.saw(p.Data.Record)
		}
	}
}
