package pgrst_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
)

func BenchmarkParseRead(b *testing.B) {
	for _, bb := range []struct{ name, query string }{
		{"Empty", ""},
		{"List", "select=id,title&owner_id=eq.0190c8a0-0000-7000-8000-000000000001&order=id&limit=20"},
		{"Escaped", "select=id%2Ctitle&owner_id=eq.x&order=created_at.desc&limit=20"},
		{"Embed", "select=id,title,author:owner(id,name)&owner.name=eq.x&order=id&limit=20"},
		{"Group", `or=(a.eq.1,and(b.gt.2,c.in.(1,2,"3,4")))&limit=20`},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := pgrst.ParseRead(bb.query, usual); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkHeaders(b *testing.B) {
	header := http.Header{"Accept": {"*/*"}, "Accept-Profile": {"public"}, "Prefer": {"count=exact"}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := pgrst.ParsePrefer(header); err != nil {
			b.Fatal(err)
		}
		if _, err := pgrst.NegotiateAccept(header); err != nil {
			b.Fatal(err)
		}
		if _, err := pgrst.Profile("GET", header); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkContentLocation(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		pgrst.ContentLocation("/notes", "select=id,title&owner_id=eq.x&order=id&limit=20")
	}
}

func BenchmarkNextLink(b *testing.B) {
	cursor := strings.Repeat("0123456789-_", 8)
	b.ReportAllocs()
	for b.Loop() {
		pgrst.NextLink("", "/items", "price=lte.4711&order=price.desc&limit=20", cursor, 8<<10)
	}
}

func BenchmarkSplitPath(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := pgrst.SplitPath("/notes/0190c8a0-0000-7000-8000-000000000001"); err != nil {
			b.Fatal(err)
		}
	}
}
