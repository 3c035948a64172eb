package web

import (
	"io"
	"net/http"
)

// A Doctor looks for the reasons why speakers are missing or silent, inside this
// process.
type Doctor interface {
	// WriteJSON writes {"running": bool, "report": the last one or null}.
	WriteJSON(w io.Writer) error
	// Examine asks for a new report and returns at once.
	Examine()
}

// A doctorAPI answers for a Doctor, which may be nil.
type doctorAPI struct{ doctor Doctor }

// report answers with the last report.
func (a doctorAPI) report(w http.ResponseWriter, _ *http.Request) {
	if a.doctor == nil {
		writeError(w, http.StatusNotImplemented, "the doctor does not run here")
		return
	}
	asJSON(w, http.StatusOK)
	_ = a.doctor.WriteJSON(w) // the peer left: nobody to inform
}

// run asks for a new report and answers 202: it comes some seconds later.
func (a doctorAPI) run(w http.ResponseWriter, _ *http.Request) {
	if a.doctor == nil {
		writeError(w, http.StatusNotImplemented, "the doctor does not run here")
		return
	}
	a.doctor.Examine()
	w.WriteHeader(http.StatusAccepted)
}
