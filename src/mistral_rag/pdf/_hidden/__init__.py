"""Text of a page that nobody sees: reasons for doubt, and a look at the picture where there is one."""
