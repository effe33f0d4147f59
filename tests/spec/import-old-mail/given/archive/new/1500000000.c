From: Rustam <rustam@other.example>
To: support@shop.example
Subject: Out of office: hello
Message-ID: <old-3@other.example>
Date: Fri, 14 Jul 2017 12:00:00 +0500
Auto-Submitted: auto-replied

I am away.
