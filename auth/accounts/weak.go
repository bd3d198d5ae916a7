package accounts

import (
	"encoding/json"
	"errors"

	"github.com/seed-7694ebf6/plinth/auth/password"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
)

// weak gives a password that may not be chosen the form that clients know.
func weak(err error) error {
	w, ok := errors.AsType[*password.WeakError](err)
	if !ok {
		return err
	}
	text, _, _ := w.ProblemText()
	details, err := strictjson.Encode(map[string]any{"message": text, "reasons": w.Reasons})
	if err != nil {
		return err
	}
	return &problem.Error{Code: problem.AuthWeakPassword, Message: text, DetailsJSON: json.RawMessage(details)}
}
