package problem

// Explained adds the reason for which a credential was rejected to the hint. It is for
// development only: in production the response is the same for every reason. Other errors
// are returned as they are.
func Explained(err error) error {
	coded := decide(err)
	if coded == nil || coded.Problem() != BadToken && coded.Problem() != BadClaims {
		return err
	}
	e := &Error{Code: coded.Problem(), Hint: err.Error(), Cause: err}
	if t, ok := coded.(Texter); ok {
		e.Message, e.Details, _ = t.ProblemText()
	}
	return e
}
