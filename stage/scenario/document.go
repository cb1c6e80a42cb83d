package scenario

import "suiren/knowledge"

// Document returns the passages of a document that an answer cites, in order, at
// most so many, of those that the principals may read. It is empty if there is
// no such document for them.
func (s *Scenario) Document(file string, principals []string, most int) (list []knowledge.Passage) {
	if s.book == nil {
		return nil
	}
	access := s.gate.Access(principals...)
	for i := range s.book.Len() {
		if p := s.book.Passage(i); p.File == file && access.May(i) && len(list) < most {
			list = append(list, p)
		}
	}
	return list
}
