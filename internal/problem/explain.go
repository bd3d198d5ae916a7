package problem

import "errors"

// Explained has the answer to a credential that does not hold say why, in its hint. It is
// for development: other clients are told the same for every reason. Other errors it
// returns as they are.
func Explained(err error) error {
	coded, ok := errors.AsType[Coded](err)
	if !ok || coded.Problem() != BadToken && coded.Problem() != BadClaims {
		return err
	}
	e := &Error{Code: coded.Problem(), Hint: err.Error(), Cause: err}
	if t, ok := coded.(Texter); ok {
		e.Message, e.Details, _ = t.ProblemText()
	}
	return e
}
