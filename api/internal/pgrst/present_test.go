package pgrst_test

import (
	"reflect"
	"testing"

	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
	"github.com/seed-7694ebf6/plinth/store"
)

// Whether an embed is null is asked with its own filters, wherever they stand in
// the query string.
func TestEmbedIsNull(t *testing.T) {
	t.Parallel()

	related, not := store.Related, store.Not
	for query, want := range map[string]store.Cond{
		"select=*,x(*)&x=is.null":                                      not(related("x", store.Cond{})),
		"select=*,x(*)&x=is.NULL":                                      not(related("x", store.Cond{})),
		"select=*,x(*)&x=not.is.null":                                  related("x", store.Cond{}),
		"select=*,x(*)&x=is.not_null":                                  related("x", store.Cond{}),
		"select=*,x(*)&x=not.is.not_null":                              not(related("x", store.Cond{})),
		"select=*,x!k(*)&x=is.null":                                    not(related("x!k", store.Cond{})),
		"select=*,y:x!k(*)&y=is.null":                                  not(related("x!k", store.Cond{})),
		"select=*,y:x(*)&x=is.null":                                    store.Null("x"),
		"select=*,y:x(*)&x=eq.1":                                       eq("x", "1"),
		"select=*,x(*)&x->k=is.null":                                   store.Null("x").At(path("k")),
		"select=*,x(*)&x=is.null&x.a=eq.1":                             not(related("x", eq("a", "1"))),
		"select=*,x(*)&x.a=eq.1&x=is.null&x.b=eq.2":                    not(related("x", store.And(eq("a", "1"), eq("b", "2")))),
		"select=*,x(*)&or=(x.is.null,a.eq.1)&x.or=(b.eq.2,c.eq.3)":     store.Or(not(related("x", store.Or(eq("b", "2"), eq("c", "3")))), eq("a", "1")),
		"select=*,x(*)&not.and=(x.not.is.null,not.x.is.null)":          not(store.And(related("x", store.Cond{}), not(not(related("x", store.Cond{}))))),
		"select=*,x(y!inner(*),z(*))&x=is.null&x.y.a=eq.1":             not(related("x", related("y", eq("a", "1")))),
		"select=*,x(y(*))&x=not.is.null&x.y=is.null&x.y.a=eq.1":        related("x", not(related("y", eq("a", "1")))),
		"select=*,x(*)&b=eq.2&x=is.null&c=eq.3":                        store.And(eq("b", "2"), not(related("x", store.Cond{})), eq("c", "3")),
		`select=*,x(*)&"a.b"=eq.2&x=is.null&x.a=eq.1`:                  store.And(eq("a.b", "2"), not(related("x", eq("a", "1")))),
		"select=*,x(y!inner(*))&x=not.is.null&x.b=eq.2&x.y.a=eq.1":     related("x", store.And(eq("b", "2"), related("y", eq("a", "1")))),
		"select=*,x(*)&x=is.null&x.limit=1&x.order=a&x.a=not.eq.1":     not(related("x", not(eq("a", "1")))),
		"select=*,x(*),y:x(*)&x=is.null&y=not.is.null&y.a=eq.1":        store.And(not(related("x", store.Cond{})), related("x", eq("a", "1"))),
		"select=*,x(*)&x=is.null&x.not.or=(a.eq.1,and(b.eq.2))&a=eq.1": store.And(not(related("x", not(store.Or(eq("a", "1"), eq("b", "2"))))), eq("a", "1")),
	} {
		read, err := pgrst.ParseRead(query, usual)
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		if !reflect.DeepEqual(read.Query.Where, want) || !reflect.DeepEqual(read.Filter, want) {
			t.Errorf("%s: got %+v, want %+v", query, read.Query.Where, want)
		}
	}
}
