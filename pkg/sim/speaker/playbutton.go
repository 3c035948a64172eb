package speaker

import "fmt"

// PressPlay presses play at the speaker: after a pause the sound goes on, else
// what was last handed over is fetched once more. Subscribers are told. It is an
// error where nothing is loaded.
func (s *Speaker) PressPlay() error {
	if f := s.transport.command(evPlay); f != nil {
		return fmt.Errorf("speaker: play was pressed: %s", f.Text)
	}
	return nil
}
