From: Shop support <support@shop.example>
To: support@shop.example
Subject: Re: My old kettle
Message-ID: <old-2@shop.example>
Date: Wed, 11 Mar 2015 12:00:00 +0500
In-Reply-To: <old-1@buyer.example>

We send a new one.
