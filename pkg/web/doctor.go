package web

import (
	"io"
	"net/http"
)

// DoctorPath answers with the doctor's last report; with "/run" behind it, POST
// asks for a new one.
const DoctorPath = "/api/doctor"

// A Doctor looks for what keeps speakers away, inside this process.
type Doctor interface {
	// WriteJSON writes {"running": bool, "report": the last one or null}.
	WriteJSON(w io.Writer) error
	// Examine asks for a new report and returns at once.
	Examine()
}

func (s *site) doctor(w http.ResponseWriter, _ *http.Request) {
	if s.Doctor == nil {
		writeError(w, http.StatusNotImplemented, "no doctor is in")
		return
	}
	asJSON(w, http.StatusOK)
	_ = s.Doctor.WriteJSON(w) // the peer left: nobody to tell
}

// runDoctor answers 202: the report comes some seconds later.
func (s *site) runDoctor(w http.ResponseWriter, _ *http.Request) {
	if s.Doctor == nil {
		writeError(w, http.StatusNotImplemented, "no doctor is in")
		return
	}
	s.Doctor.Examine()
	w.WriteHeader(http.StatusAccepted)
}
