package plinth

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

// PagePolicy is the Content-Security-Policy of pages that load everything from their own
// origin and have no inline code or styles. [Static] sets it; a handler that renders pages
// sets it too.
const PagePolicy = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"

// Files serves the files of a file system. Make one with [Static]; it is safe for concurrent
// use.
type Files struct {
	serve http.Handler
	tags  map[string]string // by the path in URLs
}

// Static returns a handler for files, such as embedded ones, with index.html for the path of
// a folder. It reads all of them once, for their entity tags, so it is not for files that
// change. Other paths are answered with 404, no folder is listed, and files and
// folders with a name that begins with a dot do not exist.
//
//	pages, err := plinth.Static(files)
//	app.Router().Handle("/*", pages)
//
// A page finds the URL and the publishable key for its client at /rest/v1/-/settings:
//
//	const { url, publishable_key } = await (await fetch('/rest/v1/-/settings')).json()
//	const client = createClient(url, publishable_key)
//
// Answers have [PagePolicy]. Browsers ask each time whether a file has changed, unless its
// URL is that of [Files.URL], which changes with the file: those they keep for a year.
func Static(files fs.FS) (*Files, error) {
	f := &Files{serve: http.FileServerFS(files), tags: map[string]string{}}
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case len(name) > 1 && entry.Name()[0] == '.':
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case entry.IsDir():
			return nil
		}
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(raw)
		tag := hex.EncodeToString(sum[:8])
		f.tags["/"+name] = tag
		if folder, file := path.Split(name); file == "index.html" {
			f.tags["/"+folder] = tag
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("plinth: Static: %w", err)
	}
	return f, nil
}

// URL returns the path of a file with its version, such as "/style.css?v=1f0c", for pages
// that link it. Without such a file it returns the path.
func (f *Files) URL(name string) string {
	name = "/" + strings.TrimPrefix(name, "/")
	if tag := f.tags[name]; tag != "" {
		return name + "?v=" + tag
	}
	return name
}

// ServeHTTP answers GET and HEAD with a file.
func (f *Files) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	tag, known := f.tags[r.URL.Path]
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	case !known:
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Security-Policy", PagePolicy)
	h.Set("Etag", `"`+tag+`"`)
	h.Set("Cache-Control", "no-cache")
	if r.URL.Query().Get("v") == tag {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	f.serve.ServeHTTP(w, r)
}
