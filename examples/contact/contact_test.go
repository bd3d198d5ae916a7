package main

import (
	"encoding/csv"
	"errors"
	"io"
	"log/slog"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/api/mail"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/storetest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// TestVisitor: a message is stored once however often its form is sent, mailed once, and seen
// by its link only.
func TestVisitor(t *testing.T) {
	t.Parallel()
	engines(t, 0, func(t *testing.T, app *running) {
		visitor := app.visitor(t)
		form := filled(visitor.token(), "Order 48211")
		for range 3 {
			if got := visitor.post("/", form).want(t, 303); got.location != "/thanks?token="+form.Get("token") {
				t.Fatalf("leads to %s", got.location)
			}
		}
		stored, err := store.For[Message](app.app.DB()).List(t.Context(), store.Query{Where: store.Eq("subject", "Order 48211")})
		if err != nil || len(stored) != 1 || strings.Contains(stored[0].TokenHash, form.Get("token")) {
			t.Fatalf("stored %v, %v", stored, err)
		}
		changed := filled(form.Get("token"), "Order 48211")
		changed.Set("body", "Another question")
		again := visitor.post("/", changed).want(t, 409, "Another question", "sent a message with this form already")
		if got := tokenPattern.FindStringSubmatch(again.body); got == nil || got[1] == form.Get("token") {
			t.Errorf("the token of the second form is %v", got)
		}
		visitor.get("/thanks?token="+form.Get("token")).want(t, 200, "Thank you, <bdi>Bob</bdi>", "/status?token=")
		visitor.get("/status?token="+form.Get("token")).want(t, 200, "Where is it?", "No answer yet")
		other := filled(visitor.token(), "Another")
		visitor.post("/", other).want(t, 303)
		for _, token := range []string{"", "AAAAAAAAAAAAAAAAAAAAAAAAAA", stored[0].TokenHash, stored[0].ID.String()} {
			if got := visitor.get("/status?token="+token).want(t, 404); strings.Contains(got.body, "Where is it?") {
				t.Errorf("%q shows the message", token)
			}
		}
		if got := visitor.get("/status?token="+other.Get("token")).want(t, 200); strings.Contains(got.body, "48211") {
			t.Error("the link of another message shows this one")
		}
		isNotice := func() bool {
			return slices.ContainsFunc(app.mailbox.messages("team@example.org"), func(m mailMessage) bool { return m.Values["about"] == "Order 48211" })
		}
		programtest.Until(t, 20*time.Second, "the team is notified", isNotice)
		n := 0
		for _, m := range app.mailbox.messages("team@example.org") {
			if m.Values["about"] == "Order 48211" {
				n++
				if m.ReplyTo != "bob@example.org" || m.Values["link"] != app.app.SiteURL()+"/messages/"+stored[0].ID.String() {
					t.Errorf("mailed %+v", m)
				}
			}
		}
		if n != 1 {
			t.Errorf("%d mails", n)
		}
	})
}

// TestFormRejects: a form with mistakes is shown again with what was entered, and nothing is
// stored.
func TestFormRejects(t *testing.T) {
	t.Parallel()
	engines(t, 0, func(t *testing.T, app *running) {
		visitor := app.visitor(t)
		before, err := store.For[Message](app.app.DB()).Count(t.Context(), store.True())
		if err != nil {
			t.Fatal(err)
		}
		for name, tt := range map[string]struct{ field, value, says string }{
			"no name":      {"name", " ", `href="#name"`},
			"no address":   {"email", "bob at example", `href="#email"`},
			"long subject": {"subject", strings.Repeat("a", 151), `href="#subject"`},
			"long body":    {"body", strings.Repeat("a", 5001), `href="#body"`},
			"no token":     {"token", "", "out of date"},
		} {
			form := filled(visitor.token(), "Keep <this>")
			form.Set(tt.field, tt.value)
			got := visitor.post("/", form).want(t, 422, tt.says)
			if tt.field != "subject" && !strings.Contains(got.body, `value="Keep &lt;this&gt;"`) {
				t.Errorf("%s: the form loses its input: %s", name, got.body)
			}
		}
		visitor.post("/", filled(visitor.token(), "Valid at last")).want(t, 303)
		before++
		if after, err := store.For[Message](app.app.DB()).Count(t.Context(), store.True()); err != nil || after != before {
			t.Errorf("%d messages, want %d, %v", after, before, err)
		}
	})
}

// TestOddInput: whatever a program sends is stored as text that a mail can have, or rejected.
func TestOddInput(t *testing.T) {
	t.Parallel()
	engines(t, 0, func(t *testing.T, app *running) {
		visitor := app.visitor(t)
		app.limiter = unlimited{}
		stored := 0
		for _, tt := range []struct{ field, value string }{
			{"subject", "one\r\nBcc: all@example.org"},
			{"subject", "a\x00b\x1bc\u2028d"},
			{"name", "\xff\xfe"},
			{"name", strings.Repeat("名", 100)},
			{"subject", strings.Repeat("😀", 150)},
			{"body", "\xc3\x28 \u202e \x07"},
			{"body", strings.Repeat("😀", 5000)},
			{"body", strings.Repeat("\r\n", 4000) + "end"},
			{"email", "ann@example.org\nBcc: all@example.org"},
			{"email", `"a b"@example.org`},
			{"email", `"ann\@"@example.org`},
			{"email", "ann@exämple.org"},
			{"email", "änn@example.org"},
			{"email", "ann@[192.0.2.1]"},
			{"email", "ann@localhost"},
			{"email", strings.Repeat("a", 64) + "@" + strings.Repeat("b.", 90) + "example"},
			{"email", "Ann <ann@example.org>"},
		} {
			form := filled(visitor.token(), "Odd")
			form.Set(tt.field, tt.value)
			got := visitor.post("/", form)
			switch got.status {
			case 303:
				stored++
				visitor.get(got.location).want(t, 200)
			case 422:
			default:
				t.Errorf("%s %.60q: %d", tt.field, tt.value, got.status)
			}
		}
		programtest.Until(t, 20*time.Second, "all are mailed", func() bool { return len(app.mailbox.messages("team@example.org")) == stored })
	})
}

// TestSpam: an address has five messages at once, and what fills the trap is stored as spam
// without a mail.
func TestSpam(t *testing.T) {
	t.Parallel()
	engines(t, 0, func(t *testing.T, app *running) {
		visitor := app.visitor(t)
		form := filled(visitor.token(), "Cheap links")
		form.Set("website", "https://spam.example")
		visitor.post("/", form).want(t, 303)
		m, err := store.For[Message](app.app.DB()).First(t.Context(), store.Query{Where: store.Eq("subject", "Cheap links"), With: []store.Embed{{Relation: "mails"}}})
		if err != nil || m.State != Spam || len(m.Mails) != 0 {
			t.Errorf("%+v, %v", m, err)
		}
		for range messagesAtOnce - 1 {
			visitor.post("/", filled(visitor.token(), "Again")).want(t, 303)
		}
		visitor.post("/", filled(visitor.token(), "Too many")).want(t, 429, "Please wait 2 minutes", `value="Too many"`)
		if text := tooMany(time.Minute).Error(); !strings.Contains(text, "wait a minute") {
			t.Error(text)
		}
		visitor.post("/", form).want(t, 303) // a repeat is not counted
	})
}

// TestOnlyTheTeamReads: pages and the REST API show messages to members only.
func TestOnlyTheTeamReads(t *testing.T) {
	t.Parallel()
	engines(t, 200, func(t *testing.T, app *running) {
		m, err := store.For[Message](app.app.DB()).First(t.Context(), store.Query{Where: store.Eq("state", Open)})
		if err != nil {
			t.Fatal(err)
		}
		page := "/messages/" + m.ID.String()
		visitor, member := app.visitor(t), app.member(t)
		for _, path := range []string{"/inbox", "/inbox.csv", page, "/deliveries"} {
			if got := visitor.get(path).want(t, 303); got.location != "/sign-in?next="+url.QueryEscape(path) {
				t.Errorf("%s leads to %s", path, got.location)
			}
			member.get(path).want(t, 200)
		}
		for _, path := range []string{page + "/reply", page + "/notes", page + "/assignee", page + "/state", "/deliveries/" + m.ID.String() + "/retry"} {
			visitor.post(path, url.Values{"state": {Spam}, "reply": {"a"}, "note": {"a"}}).want(t, 401, "then reload this page")
		}
		if same, err := store.For[Message](app.app.DB()).Get(t.Context(), m.ID); err != nil || same.Version != m.Version {
			t.Errorf("a visitor has changed %+v, %v", same, err)
		}
		for table, rows := range map[string]int{"messages": 200, "entries": 1, "mails": 1, "members": len(team)} {
			if got := visitor.get("/rest/v1/"+table).want(t, 200); got.body != "[]" {
				t.Errorf("a visitor reads %s: %s", table, got.body)
			}
			if got := member.get("/rest/v1/"+table+"?select=id").want(t, 200); strings.Count(got.body, `"id"`) < rows {
				t.Errorf("a member reads %d rows of %s, want %d", strings.Count(got.body, `"id"`), table, rows)
			}
		}
		member.get("/rest/v1/messages?select=token_hash").want(t, 400, "token_hash")
		for column, value := range map[string]string{"token_hash": `"a"`, "body": `"a"`, "email": `"a@example.org"`} {
			if got := member.patch("/rest/v1/messages?id=eq."+m.ID.String(), `{"`+column+`": `+value+`}`); got.status < 400 {
				t.Errorf("a member writes %s: %d %s", column, got.status, got.body)
			}
		}
		visitor.post("/sign-in", url.Values{"email": {team[0].Email}, "password": {"wrong"}}).want(t, 400, "Invalid login", team[0].Email)
		member.post("/sign-out", nil).want(t, 303)
		member.get("/inbox").want(t, 303)
	})
}

// TestAnswer: a member assigns a message, notes, replies by mail and marks spam. The sender
// sees the reply and no note.
func TestAnswer(t *testing.T) {
	t.Parallel()
	engines(t, 0, func(t *testing.T, app *running) {
		visitor, member := app.visitor(t), app.member(t)
		form := filled(visitor.token(), "Answer me")
		visitor.post("/", form).want(t, 303)
		match := regexp.MustCompile(`/messages/[0-9a-f-]{36}`).FindString(member.get("/inbox?q=answer+ME").want(t, 200, "Answer me", "End of the list").body)
		assignee, err := store.For[Member](app.app.DB()).First(t.Context(), store.Query{Where: store.Eq("email", team[1].Email)})
		if err != nil {
			t.Fatal(err)
		}
		member.post(match+"/assignee", url.Values{"assignee": {assignee.ID.String()}}).want(t, 303)
		member.post(match+"/assignee", url.Values{"assignee": {store.NewID().String()}}).want(t, 404)
		member.post(match+"/notes", url.Values{"note": {"Do not tell him."}, "id": {store.NewID().String()}}).want(t, 303)
		member.post(match+"/reply", url.Values{"reply": {" "}, "id": {store.NewID().String()}}).want(t, 422, `id="reply-error"`)
		reply := url.Values{"reply": {"It is at the depot."}, "id": {store.NewID().String()}}
		for range 2 {
			member.post(match+"/reply", reply).want(t, 303)
		}
		member.post(match+"/reply", url.Values{"reply": {"No id."}}).want(t, 422)
		member.get(match+"?from=state%3Dall%26after%3Dx").want(t, 200, `href="/inbox?state=all&amp;after=x"`, `/reply?from=state%3dall%26after%3dx"`)
		member.get(match).want(t, 200, "Do not tell him.", "It is at the depot.", team[1].Name, "Answered")
		if got := visitor.get("/status?token="+form.Get("token")).want(t, 200, "It is at the depot."); strings.Contains(got.body, "Do not tell") {
			t.Error("the sender sees a note")
		}
		programtest.Until(t, 20*time.Second, "the reply is mailed", func() bool { return len(app.mailbox.messages("bob@example.org")) > 0 })
		mails, err := store.For[Mail](app.app.DB()).Count(t.Context(), store.Eq("recipient", "bob@example.org"))
		if m := app.mailbox.messages("bob@example.org"); err != nil || mails != 1 || len(m) != 1 || m[0].Values["text"] != "It is at the depot." || m[0].ReplyTo != "team@example.org" {
			t.Errorf("mailed %+v", m)
		}
		member.post(match+"/state", url.Values{"state": {"lost"}}).want(t, 422)
		member.post(match+"/state", url.Values{"state": {Spam}}).want(t, 303)
		member.get("/inbox?q=answer+me&state=all").want(t, 200, "No message matches")
		member.get("/inbox?q=answer+me&state=spam").want(t, 200, "Answer me")
	})
}

// TestInboxPages: the pages of the inbox show every message once, newest first.
func TestInboxPages(t *testing.T) {
	t.Parallel()
	engines(t, 200, func(t *testing.T, app *running) {
		member := app.member(t)
		all, err := store.For[Message](app.app.DB()).List(t.Context(), store.Query{Where: store.Not(store.Eq("state", Spam)), Order: newestFirst})
		if err != nil {
			t.Fatal(err)
		}
		var want, got []string
		for _, m := range all {
			want = append(want, "/messages/"+m.ID.String())
		}
		next := regexp.MustCompile(`rel="next" href="([^"]+)"`)
		for path := "/inbox?state=all"; path != ""; {
			body := member.get(path).want(t, 200).body
			got = append(got, regexp.MustCompile(`/messages/[0-9a-f-]{36}`).FindAllString(body, -1)...)
			if match := next.FindStringSubmatch(body); match != nil {
				path = strings.NewReplacer("&amp;", "&", "&#43;", "+").Replace(match[1])
			} else if path = ""; !strings.Contains(body, "Back to the first page") {
				t.Error("the last page does not say so")
			}
		}
		for path, status := range map[string]int{
			"/inbox?after=x": 400, "/inbox?state=all&after=" + strings.Repeat("A", 300): 400, "/inbox?state=lost": 200, "/inbox?assignee=lost": 200,
			"/inbox?q=%00": 200, "/inbox?q=%ff": 200, "/inbox?q=%25_%5C": 200, "/inbox?state=%00": 200, "/inbox.csv?q=%00": 200,
			"/messages/x": 404, "/messages/" + store.NewID().String(): 404, "/messages/" + all[0].ID.String() + "?from=%ff%22%3E": 200,
			"/status?token=%00": 404, "/deliveries?after=x": 400, "/nowhere": 404,
		} {
			if got := member.get(path); got.status != status {
				t.Errorf("%s: %d, want %d", path, got.status, status)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d messages on the pages, want %d", len(got), len(want))
		}
	})
}

// TestExport: the file has every selected message, and no cell is a formula.
func TestExport(t *testing.T) {
	t.Parallel()
	engines(t, 200, func(t *testing.T, app *running) {
		visitor, member := app.visitor(t), app.member(t)
		form := filled(visitor.token(), "=1+1")
		form.Set("name", "@cmd")
		form.Set("body", "one, \"two\"\n=three")
		visitor.post("/", form).want(t, 303)
		read := func(path string) [][]string {
			t.Helper()
			got := member.get(path).want(t, 200)
			if !strings.HasPrefix(got.header.Get("Content-Type"), "text/csv") || got.header.Get("Cache-Control") != "private, no-store" {
				t.Errorf("header %v", got.header)
			}
			text, marked := strings.CutPrefix(got.body, "\ufeff")
			if !marked {
				t.Error("spreadsheets would not read names beyond ASCII")
			}
			rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			return rows
		}
		rows := read("/inbox.csv?state=all")
		n, err := store.For[Message](app.app.DB()).Count(t.Context(), store.Not(store.Eq("state", Spam)))
		if err != nil || len(rows) != int(n)+1 {
			t.Errorf("%d rows, want %d and a header, %v", len(rows), n, err)
		}
		if first := rows[1]; first[2] != "'@cmd" || first[4] != "'=1+1" || first[5] != "one, \"two\"\n=three" {
			t.Errorf("the newest is %q", first)
		}
		for _, row := range rows {
			for _, c := range row {
				if c != "" && strings.ContainsAny(c[:1], "=+-@\t\r\n") {
					t.Errorf("%q is a formula", c)
				}
			}
		}
		if spam := read("/inbox.csv?state=spam"); len(spam) < 2 || spam[1][1] != Spam {
			t.Errorf("spam: %q", spam)
		}
	})
}

// rejected is an error by which a mail server rejects a mail for good.
type rejected struct{ error }

func (rejected) Permanent() bool { return true }

// TestDeliveries: a mail that was rejected is shown as failed, and sent by the retry.
func TestDeliveries(t *testing.T) {
	t.Parallel()
	engines(t, 0, func(t *testing.T, app *running) {
		visitor, member := app.visitor(t), app.member(t)
		member.get("/deliveries?state=failed").want(t, 200, "No failed mails")
		app.mailbox.fail(rejected{errors.New("no such user")})
		visitor.post("/", filled(visitor.token(), "Lost mail")).want(t, 303)
		var page string
		programtest.Until(t, 20*time.Second, "the failed mail is listed", func() bool {
			page = member.get("/deliveries?state=failed").want(t, 200).body
			return strings.Contains(page, "Lost mail")
		})
		app.mailbox.fail(nil)
		retry := regexp.MustCompile(`/deliveries/[0-9a-f-]{36}/retry`).FindString(page)
		visitor.post(retry, nil).want(t, 401)
		member.post(retry, nil).want(t, 303)
		programtest.Until(t, 20*time.Second, "the mail is sent", func() bool {
			return slices.ContainsFunc(app.mailbox.messages("team@example.org"), func(m mailMessage) bool { return m.Values["about"] == "Lost mail" })
		})
	})
}

// TestMigrations: the migrations make all that the models have.
func TestMigrations(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, pgtest.Source(), func(t *testing.T, db *store.DB) {
		m, err := migrate.New(db, schema())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Up(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := db.Register(Member{}, Message{}, Entry{}, Mail{}); err != nil {
			t.Fatal(err)
		}
		if err := migrate.Verify(t.Context(), db); err != nil {
			t.Error(err)
		}
		if plan, err := migrate.Diff(t.Context(), db); err != nil || len(plan.Statements) > 0 {
			t.Errorf("the migrations lack %v, %v", plan, err)
		}
	})
}

// TestSeed: the seed has what it promises, and is written once.
func TestSeed(t *testing.T) {
	t.Parallel()
	engines(t, 200, func(t *testing.T, app *running) {
		messages, err := store.For[Message](app.app.DB()).List(t.Context(), store.Query{})
		if err != nil {
			t.Fatal(err)
		}
		senders, states := map[string]bool{}, map[string]int{}
		for _, m := range messages {
			states[m.State]++
			if m.State != Spam {
				senders[m.Name] = true
			}
			if strings.Contains(m.Body+m.Subject, "{") || m.CreatedAt.After(time.Now()) {
				t.Errorf("seeded %+v", m)
			}
		}
		if len(messages) != 200 || len(senders) != len(people) || len(people) != 30 || states[Open] < 10 || states[Spam] < 5 {
			t.Errorf("%d messages of %d senders, %v", len(messages), len(senders), states)
		}
	})
}

// TestOtherOrigins: a page of another origin can send no form, and the sign-in leads nowhere
// else.
func TestOtherOrigins(t *testing.T) {
	t.Parallel()
	engines(t, 0, func(t *testing.T, app *running) {
		visitor := app.visitor(t)
		form := filled(visitor.token(), "From afar")
		visitor.site = "cross-site"
		visitor.post("/", form).want(t, 403)
		visitor.post("/sign-in", url.Values{"email": {team[0].Email}, "password": {password}}).want(t, 403)
		visitor.site = "same-origin"
		visitor.post("/", form).want(t, 303)
		for next, want := range map[string]string{
			"/deliveries?state=failed": "/deliveries?state=failed", "": "/inbox", "https://evil.example/": "/inbox",
			"//evil.example": "/inbox", `/\evil.example`: "/inbox", "javascript:alert(1)": "/inbox",
		} {
			got := visitor.post("/sign-in", url.Values{"email": {team[0].Email}, "password": {password}, "next": {next}}).want(t, 303)
			if got.location != want {
				t.Errorf("%q leads to %q, want %q", next, got.location, want)
			}
		}
	})
}

// TestCommands: the seed is written once, and a new member signs in with the printed password.
func TestCommands(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "contact.db")
	run := func(args ...string) (string, error) {
		c, err := newContact(t.Context(), plinth.Config{DatabaseURL: file, Logger: slog.New(slog.DiscardHandler), MailTemplates: mail.TemplatesConfig{Files: mails()}}, Settings{Team: "team@example.org"})
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		known, err := c.command(t.Context(), args, &out)
		if !known {
			t.Errorf("%v is no command", args)
		}
		return out.String(), err
	}
	if out, err := run("seed"); err != nil || !strings.Contains(out, team[0].Email) {
		t.Fatalf("seed: %q, %v", out, err)
	}
	if _, err := run("seed"); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("seed again: %v", err)
	}
	if _, err := run("member", "ann@example.org"); err == nil {
		t.Error("a member without a name")
	}
	out, err := run("member", "ann@example.org", "Ann Berg")
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Fields(out)
	if _, err := run("member", "ann@example.org", "Ann Berg"); err == nil {
		t.Error("a second member with one e-mail address")
	}
	app := reopen(t, file)
	ann := app.visitor(t)
	ann.post("/sign-in", url.Values{"email": {"ann@example.org"}, "password": {words[len(words)-1]}}).want(t, 303)
	ann.get("/inbox").want(t, 200, "ann@example.org")
	if known, err := app.command(t.Context(), []string{"serve"}, io.Discard); known || err != nil {
		t.Errorf("serve: %t, %v", known, err)
	}
}
