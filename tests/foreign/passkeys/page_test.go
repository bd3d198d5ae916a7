package passkeys_test

import (
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
)

// note is a resource of its owner.
type note struct {
	bun.BaseModel `bun:"table:notes"`
	store.Model
	OwnerID store.ID `bun:",notnull"`
	Title   string   `bun:",notnull" validate:"required"`
}

// TestPageInDevelopment opens the documentation page of a new application. Before a login it
// shows what any caller could do. A sign-up and a login on the page give its requests the
// token of the user.
func TestPageInDevelopment(t *testing.T) {
	t.Parallel()
	page := start(t)
	app, err := plinth.New(t.Context(), plinth.Config{
		DatabaseURL: filepath.Join(t.TempDir(), "app.db"), Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = app.DB().Close() })
	app.Add(api.Resource[note]{Policy: api.OwnedBy("owner_id")})
	handler, err := app.Handler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	page.Visit(server.URL + "/rest/v1/-/docs")

	// Every script returns the texts that are wanted, or what there is instead.
	const operations = `[...document.querySelectorAll(".opblock-summary-path")].map(e => e.dataset.path).join(" ")`
	page.eventually(t, operations, "/rest/v1/notes")
	page.eventually(t, operations, "/auth/v1/admin/users")

	const enter = `{const f = document.querySelector("#login"); f.email.value = "ann@example.org"; f.password.value = PASSWORD; f.querySelector("button[value='BUTTON']").click()}`
	click := func(button, password string) {
		t.Helper()
		if _, err := page.Run(strings.NewReplacer("PASSWORD", `"`+password+`"`, "BUTTON", button).Replace(enter)); err != nil {
			t.Fatal(err)
		}
	}
	const state = `document.querySelector("#login output").textContent`
	click("auth.token", "a good password")
	page.eventually(t, state, "Invalid login credentials")
	click("auth.signUp", "a good password")
	page.eventually(t, state, "Logged in as ann@example.org.")
	page.without(t, operations, "/auth/v1/admin/users")
	page.eventually(t, operations, "/rest/v1/notes/{id}")
	const locked = `[...document.querySelectorAll(".authorization__btn")].map(e => e.className).join(" ")`
	page.without(t, locked, "unlocked")

	// A request that the page makes is the user's.
	const try = `(async () => {
		const wait = async (name, find) => { for (let i = 0; i < 200; i++) { const e = find(); if (e) return e; await new Promise(r => setTimeout(r, 50)) } throw new Error("no " + name) }
		const block = await wait("operation", () => document.querySelector(".opblock-get [data-path='/auth/v1/user']")?.closest(".opblock"));
		(await wait("summary", () => block.querySelector(".opblock-summary-control"))).click();
		(await wait("button to try", () => block.querySelector(".try-out__btn"))).click();
		(await wait("button to send", () => block.querySelector(".execute"))).click();
		return (await wait("answer", () => block.querySelector(".live-responses-table .response"))).textContent
	})()`
	page.eventually(t, try, "ann@example.org")

	if _, err := page.Run(`document.querySelector("#login button[type=button]").click()`); err != nil {
		t.Fatal(err)
	}
	page.eventually(t, operations, "/auth/v1/admin/users")
}

// eventually waits until a script returns a text that contains want.
func (b *browser) eventually(t *testing.T, script, want string) {
	t.Helper()
	b.until(t, script, want, func(text string) bool { return strings.Contains(text, want) })
}

// without waits until a script returns a text that does not contain what is unwanted.
func (b *browser) without(t *testing.T, script, unwanted string) {
	t.Helper()
	b.until(t, script, "without "+unwanted, func(text string) bool { return text != "" && !strings.Contains(text, unwanted) })
}

func (b *browser) until(t *testing.T, script, want string, holds func(string) bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		text, err := b.Run(script)
		if err == nil && holds(text) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("want %s: %q, %v", want, text, err)
		}
	}
}
