package realtime_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/seed-7694ebf6/plinth/api/realtime"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// lounges lets everyone join, and everyone but eve be present.
func lounges() realtime.Config {
	anyone := func(context.Context, auth.Principal, string) (bool, error) { return true, nil }
	return realtime.Config{Channels: []realtime.Channel{
		{
			Pattern: "lounge", Join: anyone,
			Presence: func(_ context.Context, p auth.Principal, _ string) (bool, error) { return p.ID != "eve", nil },
		},
		{Pattern: "quiet", Join: anyone},
	}}
}

// viewer is a client that follows who is present as phoenix.js does.
type viewer struct {
	*socket

	present map[string][]string // by key: the ref and the text of each meta
	frames  int
}

func (s *server) enter(version, user, presence string) *viewer {
	s.Helper()
	v := &viewer{socket: s.dial(version, "&apikey="+user, nil)}
	if got := v.join("lounge", `{"config":{"private":true,"presence":`+presence+`}}`); !strings.Contains(got, `"ok"`) {
		s.Fatalf("%s joins: %s", user, got)
	}
	return v
}

// track returns the reply to a payload. It applies the messages before it.
func (v *viewer) track(payload string) string {
	v.Helper()
	return v.ask(`{"type":"presence","event":"track","payload":` + payload + `}`)
}

func (v *viewer) ask(message string) string {
	v.Helper()
	v.send("realtime:lounge", "presence", message)
	for {
		m := v.next()
		if m.Event == "phx_reply" {
			return string(m.Payload)
		}
		v.apply(m)
	}
}

type presences map[string]struct{ Metas []map[string]string }

func (v *viewer) apply(m message) {
	v.Helper()
	v.frames++
	switch m.Event {
	case "presence_state":
		var state presences
		if err := json.Unmarshal(m.Payload, &state); err != nil || v.present != nil {
			v.Fatalf("a state: %s %v", m.Payload, err)
		}
		v.present = map[string][]string{}
		v.add(state)
	case "presence_diff":
		var diff struct{ Joins, Leaves presences }
		if err := json.Unmarshal(m.Payload, &diff); err != nil || v.present == nil {
			v.Fatalf("a diff: %s %v", m.Payload, err)
		}
		v.add(diff.Joins)
		for key, left := range diff.Leaves {
			for _, meta := range left.Metas {
				before := len(v.present[key])
				v.present[key] = slices.DeleteFunc(v.present[key], func(one string) bool { return strings.HasPrefix(one, meta["phx_ref"]+" ") })
				if len(v.present[key]) != before-1 {
					v.Errorf("%s was not present: %s", meta, m.Payload)
				}
			}
			if len(v.present[key]) == 0 {
				delete(v.present, key)
			}
		}
	default:
		v.Fatalf("an unexpected message: %s %s", m.Event, m.Payload)
	}
}

func (v *viewer) add(joined presences) {
	v.Helper()
	for key, joins := range joined {
		for _, meta := range joins.Metas {
			one := meta["phx_ref"] + " " + meta["text"]
			if meta["phx_ref"] == "" || slices.Contains(v.present[key], one) {
				v.Errorf("%s joins: %v", key, meta)
			}
			v.present[key] = append(v.present[key], one)
		}
	}
}

// sees waits until the keys with their texts are those that are present.
func (v *viewer) sees(want string) {
	v.Helper()
	for {
		got := map[string][]string{}
		for key, list := range v.present {
			for _, one := range list {
				_, text, _ := strings.Cut(one, " ")
				got[key] = append(got[key], text)
			}
			slices.Sort(got[key])
		}
		if v.present != nil && fmt.Sprint(got) == "map["+want+"]" {
			return
		}
		v.apply(v.next())
	}
}

// TestPresence shows members to each other, on two instances of PostgreSQL.
func TestPresence(t *testing.T) {
	engines(t, lounges(), func(s *server) {
		ann := s.enter("2.0.0", "ann", `{"enabled":true,"key":"ann"}`)
		ann.sees("")
		if got := ann.track(`{"text":"hi","phx_ref":"forged"}`); got != `{"response":{},"status":"ok"}` {
			t.Errorf("track: %s", got)
		}
		ann.sees("ann:[hi]")
		if strings.HasPrefix(ann.present["ann"][0], "forged") {
			t.Errorf("the client has chosen its ref: %v", ann.present)
		}
		bob := s.enter("1.0.0", "bob", `{"enabled":true,"key":"bob"}`)
		bob.sees("ann:[hi]")
		bob.track(`{"text":"b"}`)
		ann.sees("ann:[hi] bob:[b]")
		bob.sees("ann:[hi] bob:[b]")

		phone := s.enter("2.0.0", "ann", `{"enabled":false,"key":"ann"}`) // without updates
		phone.track(`{"text":"phone"}`)
		bob.sees("ann:[hi phone] bob:[b]")
		ann.track(`{"text":"busy"}`)
		ann.track(`{"text":"busy"}`) // changes nothing
		bob.sees("ann:[busy phone] bob:[b]")
		if got := bob.ask(`{"type":"presence","event":"untrack"}`); !strings.Contains(got, `"ok"`) {
			t.Errorf("untrack: %s", got)
		}
		bob.ask(`{"type":"presence","event":"UNTRACK"}`)
		ann.sees("ann:[busy phone]")
		phone.idle() // nothing was sent to it
		_ = phone.conn.CloseNow()
		ann.sees("ann:[busy]")
		ann.reply(ann.send("realtime:lounge", "phx_leave", "{}"))
		bob.sees("")

		far := s
		if s.db.Capabilities().Engine == "postgres" {
			far = (&server{T: s.T, db: s.db, banned: map[string]bool{}}).start(lounges())
		}
		cid := far.enter("2.0.0", "cid", `{"enabled":true}`)
		cid.sees("")
		for i := range 20 {
			bob.track(fmt.Sprintf(`{"text":"%d %s"}`, i, strings.Repeat("x", 100*i)))
		}
		last := "19 " + strings.Repeat("x", 1900)
		bob.sees("bob:[" + last + "]")
		cid.sees("bob:[" + last + "]")
		dan := far.enter("2.0.0", "dan", `{"enabled":true,"key":"dan"}`)
		dan.track(`{"text":"d"}`)
		for _, v := range []*viewer{bob, cid, dan} {
			v.sees("bob:[" + last + "] dan:[d]")
		}
		s.ban("bob") // a lost right
		far.ban("dan")
		cid.sees("")
	})
}

// TestPresenceRefuses refuses what the rules and the limits do not allow.
func TestPresenceRefuses(t *testing.T) {
	engines(t, lounges(), func(s *server) {
		eve := s.dial("2.0.0", "&apikey=eve", nil)
		for topic, config := range map[string]string{"lounge": `{"enabled":true}`, "quiet": `{"enabled":true}`} {
			if got := eve.join(topic, `{"config":{"presence":`+config+`}}`); !strings.Contains(got, "Unauthorized") {
				t.Errorf("eve watches %s: %s", topic, got)
			}
		}
		if got := eve.join("lounge", `{"config":{"presence":{"enabled":false,"key":"`+strings.Repeat("k", 256)+`"}}}`); !strings.Contains(got, "InvalidJoinConfiguration") {
			t.Errorf("a long key: %.100s", got)
		}
		hidden := s.enter("2.0.0", "eve", `{"enabled":false}`)
		if got := hidden.track(`{}`); !strings.Contains(got, "Unauthorized") {
			t.Errorf("eve is present: %s", got)
		}
		ann := s.enter("2.0.0", "ann", `{"enabled":true}`)
		ann.sees("")
		for payload, want := range map[string]string{
			`[1]`: "InvalidPresencePayload", `"x"`: "InvalidPresencePayload", `null`: "InvalidPresencePayload",
			`{"text":"` + strings.Repeat("x", 3000) + `"}`:                "PayloadTooLarge",
			`{"` + strings.Repeat("\xff", 2900) + `":1}`:                  "PayloadTooLarge",
			`{},"event":"shout"`:                                          "UnknownPresenceEvent",
			`{"text":1},"event":"track","payload":{"text":"` + "y" + `"}`: `"ok"`,
		} {
			if got := ann.track(payload); !strings.Contains(got, want) {
				t.Errorf("%.40s: %s, want %s", payload, got, want)
			}
		}
		bob := s.enter("2.0.0", "bob", `{"enabled":true,"key":"bob"}`)
		bob.track(`{"text":"b"}`)
		for ann.present["bob"] == nil {
			ann.apply(ann.next())
		}
		bob.send("realtime:lounge", "access_token", `{"access_token":"eve"}`) // who may not
		for m := bob.next(); ; m = bob.next() {
			if m.Event == "system" && strings.Contains(string(m.Payload), "Unauthorized") {
				break
			}
			bob.apply(m)
		}
		for ann.present["bob"] != nil {
			ann.apply(ann.next())
		}
		for key := range ann.present { // a random one
			if _, err := store.ParseID(key); err != nil || len(ann.present) != 1 {
				t.Errorf("ann is present as %v: %v", ann.present, err)
			}
		}
	})
}

// TestPresenceOfADeadInstance: what an instance has shown ends with its lease.
func TestPresenceOfADeadInstance(t *testing.T) {
	t.Parallel()
	db := storetest.NewPostgres(t, pgtest.Source(), storetest.Models(Post{}, Member{}))
	s := &server{T: t, db: db, banned: map[string]bool{}}
	for _, text := range []string{
		"insert into plinth_instances (id, version, seen_at) values ('dead', 3, clock_timestamp() - interval '28 seconds')",
		`insert into plinth_presence (instance, ref, topic, key, meta) values ('dead', 'r', 'realtime:lounge', 'ghost', '{"phx_ref":"r","text":"g"}')`,
	} {
		if _, err := s.db.Bun().DB.ExecContext(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	s.start(lounges())
	ann := s.enter("2.0.0", "ann", `{"enabled":true,"key":"ann"}`)
	ann.sees("ghost:[g]")
	ann.sees("")

	// Another instance takes this one for dead, as after a long pause.
	ann.track(`{"text":"a"}`)
	ann.sees("ann:[a]")
	far := (&server{T: s.T, db: s.db, banned: map[string]bool{}}).start(lounges())
	bob := far.enter("2.0.0", "bob", `{"enabled":true,"key":"bob"}`)
	bob.sees("ann:[a]")
	if _, err := s.db.Bun().DB.ExecContext(t.Context(), "delete from plinth_instances"); err != nil {
		t.Fatal(err)
	}
	ann.track(`{"text":"b"}`) // takes the lease again
	bob.sees("ann:[b]")
	bob.track(`{"text":"c"}`)
	ann.sees("ann:[b] bob:[c]")
}

// TestLostRight: a channel ends when its rules let its client in no longer. A rule that fails
// changes nothing.
func TestLostRight(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, pgtest.Source(), func(t *testing.T, db *store.DB) {
		var state sync.Map // of rules, by caller
		rule := func(_ context.Context, p auth.Principal, _ string) (bool, error) {
			switch v, _ := state.Load(p.ID); v {
			case "fails":
				return false, errors.New("the rule fails")
			case "denied":
				return false, nil
			}
			return true, nil
		}
		config := realtime.Config{Channels: []realtime.Channel{{Pattern: "lounge", Join: rule, Presence: rule}}}
		s := (&server{T: t, db: db, banned: map[string]bool{}}).start(config)
		s.hub.SetAskEvery(0)
		ann, bob := s.enter("2.0.0", "ann", `{"enabled":true,"key":"ann"}`), s.enter("1.0.0", "bob", `{"enabled":true,"key":"bob"}`)
		bob.track(`{"text":"b"}`)
		ann.track(`{"text":"a"}`)
		ann.sees("ann:[a] bob:[b]")
		state.Store("ann", "fails")
		state.Store("bob", "denied")
		ann.sees("ann:[a]")
		m := bob.until(func(m message) bool { return m.Event == "system" })
		if !strings.Contains(string(m.Payload), "Unauthorized") {
			t.Errorf("a lost right: %s", m.Payload)
		}
		ann.sees("ann:[a]") // with a rule that fails
		if got := ann.ask(`{"type":"presence","event":"untrack"}`); !strings.Contains(got, `"ok"`) {
			t.Errorf("after a rule has failed: %s", got)
		}
	}, storetest.Models(Post{}, Member{}))
}
