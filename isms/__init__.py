"""ISMS and business-continuity tracker."""
