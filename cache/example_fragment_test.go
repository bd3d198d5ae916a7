package cache_test

import (
	"bytes"
	"context"
	"fmt"
	"html/template"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/seed-7694ebf6/plinth/cache"
	"github.com/seed-7694ebf6/plinth/cache/memory"
)

var sidebar = template.Must(template.New("sidebar").Parse(`<ul>{{range .}}<li>{{.}}</li>{{end}}</ul>`))

// A fragment of a page that is dear to render, and is the same for everybody, is kept as
// bytes. What is not the same for everybody must have in its key all that it depends on:
// language, tenant, what the caller may see.
func ExampleLoader_fragment() {
	kept, err := memory.New(memory.Options[string, cache.Loaded[[]byte]]{
		Cost:   64 << 20, // bytes
		CostOf: func(key string, l cache.Loaded[[]byte]) uint64 { return uint64(len(key) + len(l.Value)) },
	})
	if err != nil {
		log.Fatal(err)
	}
	titles := map[string][]string{"en": {"Middlemarch"}, "de": {"Effi Briest"}}
	fragments := must(cache.NewLoader(kept, func(_ context.Context, language string) ([]byte, error) {
		fmt.Println("rendering", language)
		var page bytes.Buffer
		err := sidebar.Execute(&page, titles[language])
		return page.Bytes(), err
	}, cache.LoaderOptions[string, []byte]{
		TTL:          10 * time.Minute,
		StaleIfError: time.Hour, // an old sidebar is better than none
		Tags:         func(language string, _ []byte) []string { return []string{"titles:" + language} },
	}))

	mux := http.NewServeMux()
	mux.HandleFunc("GET /{language}", func(w http.ResponseWriter, r *http.Request) {
		fragment, err := fragments.Get(r.Context(), r.PathValue("language"))
		if err != nil {
			http.Error(w, "try again", http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write(fragment)
	})
	get := func(path string) {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		fmt.Println(w.Body)
	}
	get("/en")
	get("/en")
	get("/de")
	titles["en"] = append(titles["en"], "Emma")
	if err := fragments.Purge(context.Background(), "titles:en"); err != nil {
		log.Fatal(err)
	}
	get("/en")
	// Output:
	// rendering en
	// <ul><li>Middlemarch</li></ul>
	// <ul><li>Middlemarch</li></ul>
	// rendering de
	// <ul><li>Effi Briest</li></ul>
	// rendering en
	// <ul><li>Middlemarch</li><li>Emma</li></ul>
}
