package bench_test

import (
	"net/http"
	"strconv"
	"testing"
)

// rowSteps ask for more and more rows.
func rowSteps(a *arena) []step {
	m := newRequestMaker(a.content, 0, nil)
	return steps([]int{1, 3, 10, 30, 100, 300, 1000}, func(n int) []*comparison {
		return []*comparison{{name: "list", requests: m.make(m.byKey(n)), status: http.StatusOK}}
	})
}

// embedSteps ask for deeper and deeper trees.
func embedSteps(a *arena) []step {
	m := newRequestMaker(a.content, 0, nil)
	return steps([]int{1, 2, 3}, func(n int) []*comparison {
		return []*comparison{{name: "tree", requests: m.make(m.tree(n)), status: http.StatusOK}}
	})
}

// connectionSteps ask from more and more connections.
func connectionSteps(a *arena) []step {
	m := newRequestMaker(a.content, 0, nil)
	return steps([]int{1, 2, 4, 8, 16, 32, 64, 128, 256}, func(n int) []*comparison {
		return []*comparison{{name: "point read", requests: m.make(m.point), status: http.StatusOK, connections: n}}
	})
}

// guardSteps ask servers with longer and longer policies: the owner, and a title
// that nobody sees for each condition more.
func guardSteps(a *arena) []step {
	all := newRequestMaker(a.content, 0, nil)
	var list []step
	for _, n := range []int{1, 2, 5, 10, 20} {
		// Evenly among the caller's rows, so that lists would show them.
		hidden := make([]*Item, n-1)
		titles := make([]string, n-1)
		for i := range hidden {
			hidden[i] = all.own[i*len(all.own)/len(hidden)]
			titles[i] = hidden[i].Title
		}
		list = append(list, step{
			at: n,
			prepare: func(t *testing.T) {
				a.serve(t, serverConfig{Hidden: titles})
				a.checkHidden(t, all.token, hidden)
			},
			cases: func() []*comparison {
				m := newRequestMaker(a.content, 0, titles)
				return []*comparison{
					{name: "point read", requests: m.make(m.point), status: http.StatusOK},
					{name: "list of 20", requests: m.make(m.list), status: http.StatusOK},
				}
			},
		})
	}
	return list
}

// checkHidden asks both sides for rows that their policy hides.
func (a *arena) checkHidden(t *testing.T, token string, hidden []*Item) {
	t.Helper()
	for _, it := range hidden {
		r := &request{method: http.MethodGet, path: "/items/" + it.ID.String(), token: token}
		if hand, plinth := a.answer(t, a.hand, r), a.answer(t, a.plinth, r); hand.status != http.StatusNotFound || plinth.status != http.StatusNotFound {
			t.Errorf("%s, which is hidden: status %d hand-written, %d plinth", r.path, hand.status, plinth.status)
		}
	}
}

// grouped writes a number with commas between thousands.
func grouped(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
