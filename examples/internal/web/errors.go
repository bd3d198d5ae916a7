package web

import (
	"errors"
	"net/http"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/fault"
)

// StatusError is an error with a status and a text for the reader.
type StatusError struct {
	Status int
	Text   string
}

// Error returns the text.
func (e *StatusError) Error() string { return e.Text }

// explain returns the status of an error, and what to say about it.
func explain(err error) (status int, text string) {
	if e, ok := errors.AsType[*StatusError](err); ok {
		return e.Status, e.Text
	}
	if _, ok := errors.AsType[*store.ValidationError](err); ok {
		return http.StatusUnprocessableEntity, "What you sent is not valid."
	}
	if e, ok := errors.AsType[*fault.QueryError](err); ok && e.Kind == fault.QueryBadCursor {
		return http.StatusBadRequest, "The list has no such page. Begin at its first page."
	}
	switch {
	case errors.Is(err, store.ErrBusy), errors.Is(err, store.ErrTimeout), errors.Is(err, store.ErrUnavailable):
		return http.StatusServiceUnavailable, "There is too much to do at the moment. Nothing was changed."
	case errors.Is(err, store.ErrNotFound):
		return http.StatusNotFound, "It does not exist, or you may not see it."
	case errors.Is(err, store.ErrDenied):
		return http.StatusForbidden, "You may not do this."
	case errors.Is(err, store.ErrStale), errors.Is(err, store.ErrConflict):
		return http.StatusConflict, "It was changed at the same time. Look at it again before you go on."
	}
	return http.StatusInternalServerError, "This is our mistake. It is logged, and nothing was changed."
}
