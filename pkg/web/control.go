package web

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/breezeway-audio/breezeway/pkg/bridge"
)

// Control carries out what a user wants of a speaker; id is that of its Speaker.
type Control interface {
	// Command tells the sender "play", "pause", "next" or "previous".
	Command(id, command string) error
	// SetVolume turns the speaker, from 0 to 1.
	SetVolume(id string, level float64) error
}

// commands are those that Control knows.
var commands = map[string]bool{"play": true, "pause": true, "next": true, "previous": true}

// command answers 204 when it was carried out, or 409 where no sender takes it.
func (s *site) command(w http.ResponseWriter, r *http.Request) {
	command := r.PathValue("command")
	if !commands[command] {
		writeError(w, http.StatusNotFound, "commands are play, pause, next and previous")
		return
	}
	s.carryOut(w, r, func(id string) error { return s.Control.Command(id, command) })
}

// volume takes {"level": 0.35} and answers 204, or 409 where the volume is fixed.
func (s *site) volume(w http.ResponseWriter, r *http.Request) {
	var wanted struct {
		Level *float64 `json:"level"`
	}
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&wanted)
	if err != nil || wanted.Level == nil || *wanted.Level < 0 || *wanted.Level > 1 {
		writeError(w, http.StatusBadRequest, `want {"level": L} with L from 0 to 1`)
		return
	}
	s.carryOut(w, r, func(id string) error { return s.Control.SetVolume(id, *wanted.Level) })
}

// carryOut does something with the speaker of a request.
func (s *site) carryOut(w http.ResponseWriter, r *http.Request, do func(id string) error) {
	if s.Control == nil {
		writeError(w, http.StatusNotImplemented, "commands are not taken here")
		return
	}
	speaker, ok := s.speaker(w, r)
	if !ok {
		return
	}
	switch err := do(speaker.ID.String()); {
	case err == nil:
		w.WriteHeader(http.StatusNoContent)
	case errors.Is(err, bridge.ErrNoSpeaker): // it went while we looked
		writeError(w, http.StatusNotFound, err.Error())
	case errors.Is(err, bridge.ErrVolumeFixed), errors.Is(err, bridge.ErrNoSender):
		writeError(w, http.StatusConflict, err.Error())
	default:
		writeError(w, http.StatusBadGateway, err.Error())
	}
}
