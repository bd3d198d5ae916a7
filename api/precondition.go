package api

import (
	"net/http"

	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
	"github.com/seed-7694ebf6/plinth/internal/problem"
)

// honours refuses preconditions of a write (RFC 9110 section 13.1) that its route does
// not judge. A client that sends one wants to lose no update, so it must not be
// passed over.
func (rq *request) honours(rt *route) error {
	if !rq.writes() {
		return nil
	}
	if rt.shape != pgrst.ShapeRow && len(rq.r.Header["If-Match"]) > 0 {
		return &problem.Error{
			Code: problem.NotImplemented, Message: "If-Match is for one row by its key",
			Hint: "Send it to /{table}/{id}, or filter by the version too, as version=eq.3.",
		}
	}
	if rt.method != http.MethodPut && len(rq.r.Header["If-None-Match"]) > 0 {
		return &problem.Error{
			Code: problem.NotImplemented, Message: "If-None-Match on a write is for PUT only",
			Hint: "Send If-None-Match: * with PUT to create a row that does not exist.",
		}
	}
	return nil
}

// onlyNew reports If-None-Match: *. Other tags would have to be compared with
// every answer the row may have.
func onlyNew(header http.Header) (bool, error) {
	lines := header["If-None-Match"]
	if len(lines) == 0 {
		return false, nil
	}
	if list := tags(lines); len(list) != 1 || list[0] != "*" {
		return false, &problem.Error{Code: problem.NotImplemented, Message: "If-None-Match of PUT takes * only"}
	}
	return true, nil
}
