package api_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/store"
)

// BenchmarkRead measures a request without a network, on SQLite in memory.
func BenchmarkRead(b *testing.B) {
	caller := callers()["ann"]
	who := auth.AuthenticatorFunc(func(*http.Request) (auth.Principal, error) { return caller, nil })
	db := memory(b)
	h := serve(b, db, api.Config{Authenticator: who, Logger: slog.New(slog.DiscardHandler)}, api.Resource[note]{Policy: api.OwnedBy("owner_id")})
	var key string
	for i := range 100 {
		n := note{OwnerID: ann, Title: "title " + strconv.Itoa(i), Key: "k", Body: "body"}
		if err := store.For[note](db).Insert(b.Context(), &n); err != nil {
			b.Fatal(err)
		}
		key = n.ID.String()
	}
	for name, target := range map[string]string{
		"row":  "/notes/" + key,
		"list": "/notes?select=id,title,body&title=gte.title&order=title.desc&limit=20",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w := httptest.NewRecorder()
				h.ServeHTTP(w, httptest.NewRequestWithContext(b.Context(), http.MethodGet, target, nil))
				if w.Code != http.StatusOK {
					b.Fatal(w.Code, w.Body)
				}
			}
		})
	}
}
